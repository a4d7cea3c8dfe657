// Loading a half-filled form anew loses nothing but secrets.
import { typePostgres } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("what was typed into a form is there after a reload, secrets are not", async ({ page, visit, hub }) => {
  test.slow();
  const shop = { ...(await openShop()), password: "river-stone-lantern" };
  await arriveHome(page, visit, hub);
  await visit.open("/connect/postgresql");
  await typePostgres(page, shop, "Elbe shop");
  // A secret that is shown while it is typed is one all the same.
  await page.getByRole("button", { name: "Show what is typed" }).first().click();
  await page.getByLabel("Password", { exact: true }).fill(shop.password);

  await page.reload();
  await visit.settled();
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Elbe shop");
  await expect(page.getByRole("textbox", { name: "Database" })).toHaveValue(shop.database);
  await expect(page.getByRole("radio", { name: /^Not encrypted/ })).toBeChecked();
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain(shop.password);

  // Once it was sent, the form is a new one.
  await page.getByRole("button", { name: "Save and finish later" }).click();
  await expect(page.getByText("Its tables are not known yet")).toBeVisible();
  await visit.open("/connect/postgresql");
  await expect(page.getByRole("textbox", { name: "Database" })).not.toHaveValue(shop.database);
});
