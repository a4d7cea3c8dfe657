// A form that is put aside waits in the list.
import { fillPostgres, openConnection, testConnection } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("a form saved for later keeps everything and is finished from the list @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const shop = await openShop();
  await arriveHome(page, visit, hub);
  await fillPostgres(page, visit, shop, "Elbe shop");
  await page.getByRole("button", { name: "Save and finish later" }).click();
  await expect(page.getByText("Its tables are not known yet")).toBeVisible();
  await visit.look("connection-draft");

  await openConnection(page, visit, "Elbe shop");
  await page.getByRole("link", { name: "Finish set-up" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Finish Elbe shop" })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Host" })).toHaveValue(shop.host);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  await visit.look("connection-finish");
  await testConnection(page, visit, "Elbe shop");
});
