// A file as a source: by its web address, and uploaded from the computer, as CSV and as a workbook.
import { chooseTables, saveAndRun, seeRows, testConnection } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { csv, rowsIn, workbook } from "../fixtures/public-data.js";
import { expect, test } from "../fixtures/test.js";
import { serveFile } from "../fixtures/web-server.js";

const prices = "sku,price,since,note\nA-1,12.50,2026-01-01,\"first, with comma\"\nA-2,7.00,2026-02-15,\nB-9,1200.99,2026-03-31,Größe M\nC-4,3.00,2026-04-30,ask kim@x.example\n";

test("a CSV file at a web address becomes a table @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const airports = await csv("airports");
  const server = await serveFile("airports.csv", "text/csv", airports);
  await arriveHome(page, visit, hub);
  await visit.open("/connect/files");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Airports");
  await page.getByRole("textbox", { name: "Table name" }).fill("airports");
  await page.getByRole("radio", { name: /^Web address/ }).check();
  await page.getByRole("textbox", { name: "Address" }).fill(server.url);
  await visit.look("connect-file");
  await testConnection(page, visit, "Airports");
  await chooseTables(page, visit);
  await saveAndRun(page, visit);
  await expect(page.getByRole("main")).toContainText(`${rowsIn(airports).toLocaleString("en")} rows in 1 table`);
  await server.close();
});

test("an uploaded CSV file becomes a table", async ({ page, visit, hub }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await visit.open("/connect/files");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Price list");
  await page.getByRole("textbox", { name: "Table name" }).fill("prices");
  await page.getByRole("radio", { name: /^Upload/ }).check();
  await page.getByLabel("File", { exact: true }).setInputFiles({ name: "prices.csv", mimeType: "text/csv", buffer: Buffer.from(prices) });
  await testConnection(page, visit, "Price list");
  await seeRows(page, visit);
  await expect(page.getByRole("cell", { name: "first, with comma" })).toBeVisible();
  await expect(page.getByRole("cell", { name: "Größe M" })).toBeVisible();
  // Nothing in the column's name tells that somebody's address stands in it.
  await expect(page.getByText("What looks personal is masked.")).toBeVisible();
  await expect(page.getByRole("cell", { name: "••••••" })).toHaveCount(1);
  expect(await page.content()).not.toContain("kim@x.example");
  // Four rows say nothing about keys.
  await expect(page.getByText("unique here")).toHaveCount(0);
  await chooseTables(page, visit);
  await saveAndRun(page, visit);
  await expect(page.getByRole("main")).toContainText("4 rows in 1 table");
});

test("an uploaded workbook becomes a table for each sheet", async ({ page, visit, hub }) => {
  test.slow();
  const { buffer, rows } = await workbook();
  await arriveHome(page, visit, hub);
  await visit.open("/connect/files");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Public data");
  await page.getByRole("textbox", { name: "Table name" }).fill("public data");
  await page.getByRole("radio", { name: /^Upload/ }).check();
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  await page.getByLabel("File", { exact: true }).setInputFiles({ name: "public.xlsx", mimeType: type, buffer });
  await testConnection(page, visit, "Public data");
  await seeRows(page, visit);
  await page.getByRole("navigation", { name: "Tables" }).getByRole("link", { name: /Weather/ }).click();
  await expect(page.getByRole("cell", { name: /^2012-01-01/ })).toBeVisible();
  await visit.look("rows-of-workbook");
  await chooseTables(page, visit);
  await saveAndRun(page, visit);
  await expect(page.getByRole("main")).toContainText(`${rows.toLocaleString("en")} rows in 2 tables`);
});
