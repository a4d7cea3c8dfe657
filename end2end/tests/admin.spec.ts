// The operator's console: who is there, how each tenant was prepared, stop, resume, delete, and the health of every part.
import { arriveAsOperator, arriveHome, somebody } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test("an operator finds a tenant, sees its steps, suspends and resumes it @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const owner = somebody(`Weser Tools ${Date.now()}`);
  await arriveHome(page, visit, hub, owner);
  await page.context().clearCookies();
  await arriveAsOperator(page, visit, hub);

  await visit.open(`/admin?q=${encodeURIComponent(owner.company)}`);
  await visit.look("admin-tenants");
  await page.getByRole("link", { name: owner.company }).click();
  await expect(page.getByRole("heading", { level: 1, name: owner.company })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Provisioning" })).toBeVisible();
  await expect(page.getByText("Isolation check")).toBeVisible();
  await visit.look("admin-tenant");

  await page.getByRole("link", { name: "Suspend" }).click();
  await page.getByRole("textbox", { name: "Reason" }).fill("Unpaid since March");
  await visit.look("admin-suspend");
  await page.getByRole("main").getByRole("button", { name: /Suspend/ }).click();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  await visit.settled();
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByRole("link", { name: "Suspend" })).toBeVisible();
});

test("deleting a tenant lists everything first and asks for its name", async ({ page, visit, hub }) => {
  test.slow();
  const owner = somebody(`Havel Prints ${Date.now()}`);
  await arriveHome(page, visit, hub, owner);
  await page.context().clearCookies();
  await arriveAsOperator(page, visit, hub);
  await visit.open(`/admin?q=${encodeURIComponent(owner.company)}`);
  await page.getByRole("link", { name: owner.company }).click();
  await page.getByRole("link", { name: "See what would be deleted" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Delete ${owner.company}` })).toBeVisible();
  await expect(page.getByRole("table")).toContainText(/schema/i);
  await visit.look("admin-delete");
});

test("the health of every part is shown with its reason, and each act is in the audit log", async ({ page, visit, hub }) => {
  await arriveAsOperator(page, visit, hub);
  await visit.open("/admin/health");
  await expect(page.getByRole("heading", { level: 1, name: "Health" })).toBeVisible();
  await visit.look("admin-health");
  await visit.open("/admin/audit");
  await expect(page.getByRole("heading", { level: 1, name: "Audit" })).toBeVisible();
  await visit.look("admin-audit");
});

test("the console is nobody's but an operator's", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  for (const path of ["/admin", "/admin/health", "/admin/audit"]) {
    const answer = await page.goto(path);
    expect([403, 404], path).toContain(answer?.status());
  }
});
