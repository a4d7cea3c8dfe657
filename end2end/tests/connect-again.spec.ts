// A test that fails leaves a draft with all that was typed: the way back leads to it, and no second one is made.
import { jobLimit, testConnection, typePostgres } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("whoever goes back from a failed test finds the draft and finishes it @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const shop = await openShop();
  await arriveHome(page, visit, hub);
  await visit.open("/connect/postgresql");
  await expect(page.getByText("What you type is kept as a draft, its secrets encrypted, until you finish or remove it.")).toBeVisible();
  await typePostgres(page, { ...shop, database: "nowhere" }, "Elbe shop");
  await page.getByRole("button", { name: "Test the connection" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Elbe shop is not connected yet" })).toBeVisible({ timeout: jobLimit });

  await page.goBack();
  await visit.settled();
  await visit.look("connect-again");
  await page.getByRole("link", { name: "Finish Elbe shop" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Finish Elbe shop" })).toBeVisible();
  await visit.settled();
  await expect(page.getByRole("textbox", { name: "Database" })).toHaveValue("nowhere");
  await expect(page.getByText("Set. Leave it empty to keep it.").first()).toBeVisible();
  await page.getByRole("textbox", { name: "Database" }).fill(shop.database);
  await testConnection(page, visit, "Elbe shop");

  await visit.open("/connections");
  await expect(page.getByRole("main").getByRole("link", { name: /^Elbe shop/ })).toHaveCount(1);
  await expect(page.getByRole("main").getByText("PostgreSQL 2")).toHaveCount(0);
});

test("a name that is too long is told at its field", async ({ page, visit, hub }) => {
  const shop = await openShop();
  await arriveHome(page, visit, hub);
  await visit.open("/connect/postgresql");
  await typePostgres(page, shop, "Elbe ".repeat(20));
  await page.getByRole("button", { name: "Test the connection" }).click();
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await expect(name).toHaveAttribute("aria-invalid", "true");
  await expect(name).toHaveAttribute("id", "f-form.name");
  await expect(page.getByRole("alert").getByRole("link", { name: /at most 80 characters/ })).toHaveAttribute("href", "#f-form.name");
});
