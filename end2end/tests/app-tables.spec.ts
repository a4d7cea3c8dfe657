// An app reads the tables it was given, and no other.
import { download, registerApp } from "../fixtures/apps.js";
import { connectShop } from "../fixtures/connecting.js";
import { database } from "../fixtures/env-file.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop, psql } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("taking a table away from an app takes effect at once @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const person = await arriveHome(page, visit, hub);
  await connectShop(page, visit, await openShop(), "Elbe shop");
  await registerApp(page, visit, "Invoices");
  const here = page.url();
  const { url, schema } = database(await download(page, person, "Download .env"));
  const count = (table: string) => psql(url, `SELECT count(*) > 0 FROM "${schema}"."${table}"`);

  await visit.open(here);
  const orders = page.getByRole("checkbox", { name: /orders/ });
  const table = (await orders.getAttribute("value")) ?? "";
  expect(await count(table)).toBe("t");
  await orders.uncheck();
  await page.getByRole("button", { name: "Save tables" }).click();
  await expect(page.getByText("The login can read exactly these tables now.")).toBeVisible();
  await expect(page.getByText("Reads 1 of 2 tables")).toBeVisible();
  await visit.look("app-tables");
  await expect(count(table)).rejects.toThrow(/permission denied/);
  expect(await count(table.replace("orders", "customers"))).toBe("t");

  await visit.open("/apps");
  await visit.look("apps");
});
