// The end of an app: its login is gone, and its page says so.
import { download, registerApp } from "../fixtures/apps.js";
import { database } from "../fixtures/env-file.js";
import { arriveHome } from "../fixtures/people.js";
import { psql } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("a revoked app is locked out at once @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const person = await arriveHome(page, visit, hub);
  await registerApp(page, visit, "Invoices");
  const here = page.url();
  const { url } = database(await download(page, person, "Download .env"));
  expect(await psql(url, "SELECT 1")).toBe("1");

  await visit.open(here);
  await page.getByRole("link", { name: "Revoke access" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Revoke Invoices" })).toBeVisible();
  await visit.look("app-revoke");
  await page.getByRole("button", { name: "Revoke Invoices" }).click();
  await expect(page.getByRole("main").getByText("revoked")).toBeVisible();
  await visit.look("apps-revoked");
  await expect(psql(url, "SELECT 1")).rejects.toThrow(/authentication failed|not permitted|does not exist/);

  await page.getByRole("link", { name: "Invoices" }).click();
  await expect(page.getByText("This app has no access any more")).toBeVisible();
  await visit.look("app-revoked");
});
