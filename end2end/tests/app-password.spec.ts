// A new password for an app's login: the old one stops working at once.
import { download, registerApp } from "../fixtures/apps.js";
import { database } from "../fixtures/env-file.js";
import { arriveHome } from "../fixtures/people.js";
import { psql } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("a new password replaces the old one at once @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const person = await arriveHome(page, visit, hub);
  await registerApp(page, visit, "Invoices");
  const here = page.url();
  const first = database(await download(page, person, "Download .env")).url;
  expect(await psql(first, "SELECT 1")).toBe("1");

  await visit.open(here);
  await expect(page.getByText("is not shown twice")).toBeVisible();
  await visit.look("app-downloaded");
  await page.getByRole("link", { name: "Make a new password" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Make a new password" })).toBeVisible();
  await visit.look("app-rotate");

  const second = database(await download(page, person, "Make a new password and download .env")).url;
  await expect(psql(first, "SELECT 1")).rejects.toThrow(/password authentication failed/);
  expect(await psql(second, "SELECT 1")).toBe("1");
});

test("the settings are not given to somebody who only found the browser open", async ({ page, visit, hub }) => {
  const person = await arriveHome(page, visit, hub);
  await registerApp(page, visit, "Invoices");
  const password = page.getByLabel("Your password");
  await password.fill(`not ${person.password}`);
  await page.getByRole("button", { name: "Download .env" }).click();
  await expect(page.getByText("That is not your password.").first()).toBeVisible();
  await expect(password).toHaveAttribute("aria-invalid", "true");
  await visit.look("app-refused");
});
