// The main job of the product, as one person does it: from an empty workspace to an app that reads its rows.
import { download, registerApp } from "../fixtures/apps.js";
import { chooseTables, fillPostgres, saveAndRun, seeRows, testConnection } from "../fixtures/connecting.js";
import { database } from "../fixtures/env-file.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop, psql, rows } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("connect a database, see rows, sync, hand an app its settings @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const shop = await openShop();
  const person = await arriveHome(page, visit, hub);

  await visit.open("/integrations/postgresql");
  await visit.look("integration");
  await page.getByRole("link", { name: "Connect PostgreSQL" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Connect PostgreSQL" })).toBeVisible();
  await visit.look("connect-form");

  await fillPostgres(page, visit, shop, "Elbe shop");
  await testConnection(page, visit, "Elbe shop");
  await visit.look("test-passed");

  await seeRows(page, visit);
  await page.getByRole("navigation", { name: "Tables" }).getByRole("link", { name: /customers/ }).click();
  const sample = page.getByRole("region", { name: /customers/ });
  await expect(sample.getByRole("row")).toHaveCount(21);
  await expect(sample.getByText("masked").first()).toBeVisible();
  await expect(page.getByText("What looks personal is masked.")).toBeVisible();
  await expect(sample.getByText("customer7@shop.example")).toHaveCount(0);
  await visit.look("sample-rows");

  await chooseTables(page, visit);
  await expect(page.getByRole("checkbox", { name: /customers/ })).toBeChecked();
  await visit.look("choose-tables");
  await saveAndRun(page, visit);
  await expect(page.getByRole("main")).toContainText(`${rows.customers + rows.orders} rows in 2 tables`);
  await visit.look("run-finished");

  await visit.open("/apps/new");
  await visit.look("app-new");
  await registerApp(page, visit, "Invoices");
  await visit.look("app");
  const settings = await download(page, person, "Download .env");
  expect(settings).toMatchObject({ TENANT_ID: expect.any(String), STORAGE_BUCKET: expect.any(String), AIRBYTE_WORKSPACE_ID: expect.any(String) });

  const { url, schema } = database(settings);
  expect(settings.DATABASE_SCHEMA).toBe(schema);
  const named = await psql(url, `SELECT string_agg(table_name, ',' ORDER BY table_name) FROM information_schema.tables WHERE table_schema = '${schema}'`);
  const [customers, orders] = named.split(",");
  expect(await psql(url, `SELECT count(*), min(email) FROM "${schema}"."${customers}"`)).toBe(`${rows.customers}|customer10@shop.example`);
  expect(await psql(url, `SELECT sum(total) FROM "${schema}"."${orders}"`)).toBe("9075.00");
  await expect(psql(url, `DELETE FROM "${schema}"."${orders}"`)).rejects.toThrow(/permission denied|read-only transaction/);

  await visit.open("/");
  await expect(page.getByRole("heading", { level: 1, name: person.company, exact: true })).toBeVisible();
  await expect(page.getByText("Your connection is in order.")).toBeVisible();
  await visit.look("home-running");
});

test("a wrong password is named at its check, and the right one goes on from there", async ({ page, visit, hub }) => {
  const shop = await openShop();
  await arriveHome(page, visit, hub);
  await fillPostgres(page, visit, { ...shop, password: "not the right one" }, "Elbe shop");
  await page.getByRole("button", { name: "Test the connection" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Elbe shop is not connected yet" })).toBeVisible({ timeout: 60_000 });
  await visit.look("test-failed");
  expect(await page.content()).not.toContain("not the right one");

  await page.getByRole("link", { name: "Change the settings" }).click();
  await expect(page.getByRole("textbox", { name: "Host" })).toHaveValue(shop.host);
  await visit.settled();
  await page.getByLabel("Password", { exact: true }).fill(shop.password);
  await testConnection(page, visit, "Elbe shop");
});

test("an empty form is refused with every mistake at its field", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/connect/postgresql");
  await page.getByRole("button", { name: "Test the connection" }).click();
  await expect(page.getByRole("textbox", { name: "Host" })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByRole("textbox", { name: "Database" })).toHaveAttribute("aria-invalid", "true");
  await visit.look("connect-refused");
});
