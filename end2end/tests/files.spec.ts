// A file as a source: by its web address, and uploaded from the computer.
import { saveAndRun, seeRows, testConnection } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";
import { serveFile } from "../fixtures/web-server.js";

const prices = "sku,price,since,note\nA-1,12.50,2026-01-01,\"first, with comma\"\nA-2,7.00,2026-02-15,\nB-9,1200.99,2026-03-31,Größe M\n";

test("a CSV file at a web address becomes a table", async ({ page, visit, hub }) => {
  test.slow();
  const server = await serveFile("prices.csv", "text/csv", prices);
  await arriveHome(page, visit, hub);
  await visit.open("/connect/files");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Price list");
  await page.getByRole("textbox", { name: "Table name" }).fill("prices");
  await page.getByRole("radio", { name: /^Web address/ }).check();
  await page.getByRole("textbox", { name: "Address" }).fill(server.url);
  await visit.look("connect-file");
  await testConnection(page, visit, "Price list");
  await seeRows(page, visit);
  await expect(page.getByRole("cell", { name: "first, with comma" })).toBeVisible();
  await expect(page.getByRole("cell", { name: "Größe M" })).toBeVisible();
  await page.getByRole("link", { name: "Choose tables" }).click();
  await saveAndRun(page, visit);
  await expect(page.getByRole("main")).toContainText("3 rows in 1 table");
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
  await page.getByRole("link", { name: "Choose tables" }).click();
  await saveAndRun(page, visit);
  await expect(page.getByRole("main")).toContainText("3 rows in 1 table");
});
