// A connector from the Python registry: installed when it is first asked for, then a form like any other.
import { jobLimit, seeRows, testConnection } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

/** Installing takes its time where nothing is cached yet. */
const installLimit = 240_000;

test("sample data is connected without an account anywhere", async ({ page, visit, hub }) => {
  test.setTimeout(installLimit + 4 * jobLimit);
  await arriveHome(page, visit, hub);
  await visit.open("/connect/sample-data");
  await expect(page.getByRole("heading", { level: 1, name: "Connect Sample data" })).toBeVisible();
  await visit.look("connect-preparing");

  await expect(page.getByRole("button", { name: "Test the connection" })).toBeVisible({ timeout: installLimit });
  await visit.look("connect-sample-data");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Pretend shop");
  await testConnection(page, visit, "Pretend shop");
  await seeRows(page, visit);
  await expect(page.getByRole("navigation", { name: "Tables" }).getByRole("link", { name: /users/ })).toBeVisible();
});
