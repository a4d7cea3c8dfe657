// Somebody whose workspace was suspended learns why.
import { arriveAsOperator, arriveHome, signIn, somebody } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test("the person of a suspended workspace reads why, and that the data stays @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const owner = await arriveHome(page, visit, hub, somebody(`Saale Mills ${Date.now()}`));
  await page.context().clearCookies();
  await arriveAsOperator(page, visit, hub);
  await visit.open(`/admin?q=${encodeURIComponent(owner.company)}`);
  await page.getByRole("link", { name: owner.company }).click();
  await page.getByRole("link", { name: "Suspend tenant" }).click();
  await page.getByLabel("Reason").fill("The invoice of October is open.");
  await page.getByRole("button", { name: `Suspend ${owner.company}` }).click();
  await expect(page.getByText("Suspended: runs and app logins are stopped")).toBeVisible();
  await visit.look("admin-tenant-suspended");

  await page.context().clearCookies();
  await signIn(page, visit, owner);
  await expect(page.getByText("This workspace is suspended")).toBeVisible();
  await expect(page.getByText("The invoice of October is open.")).toBeVisible();
  await visit.look("home-suspended");
});
