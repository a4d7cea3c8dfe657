// A file as a source: by its web address, and uploaded from the computer, as CSV and as a workbook.
import { crc32 } from "node:zlib";

import { chooseTables, jobLimit, saveAndRun, seeRows, testConnection } from "../fixtures/connecting.js";
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

test("the setting that a failed check blames is reached by its link, though it is folded away @mobile", async ({ page, visit, hub }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await visit.open("/connect/files");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Two lists");
  await page.getByRole("textbox", { name: "Table name" }).fill("prices");
  await page.getByRole("radio", { name: /^Upload/ }).check();
  const buffer = archive({ "a.csv": prices, "b.csv": prices });
  await page.getByLabel("File", { exact: true }).setInputFiles({ name: "two.zip", mimeType: "application/zip", buffer });
  await page.getByRole("button", { name: "Test the connection" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Two lists is not connected yet" })).toBeVisible({ timeout: jobLimit });
  await visit.settled();
  await expect(page.getByRole("main")).toContainText("The ZIP archive holds 2 files");

  await page.getByRole("link", { name: "Go to this setting" }).click();
  await expect(page).toHaveURL(/\/edit#f-archive_file$/);
  const setting = page.locator("#f-archive_file");
  await expect(setting).toBeFocused();
  await expect(setting).toBeInViewport();
  await visit.look("connection-edit-at-setting");
});

/** A ZIP archive of files that are stored as they are. */
function archive(files: Record<string, string>): Buffer {
  const packed: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const [title, body] = [Buffer.from(name), Buffer.from(text)];
    // From the version that unpacks it to the lengths of its name and of what is said beside.
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt32LE(crc32(body), 10);
    facts.writeUInt32LE(body.length, 14);
    facts.writeUInt32LE(body.length, 18);
    facts.writeUInt16LE(title.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    packed.push(Buffer.from("PK\x03\x04"), facts, title, body);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), facts, place, title);
    at += 30 + title.length + body.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  const count = directory.length / 4;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...packed, list, Buffer.from("PK\x05\x06"), end]);
}
