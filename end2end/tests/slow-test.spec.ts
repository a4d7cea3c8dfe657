// A test of a connection goes on while nobody looks, and its result waits.
import { fillPostgres, jobLimit, openConnection } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";
import { silentServer } from "../fixtures/web-server.js";

test("a test that takes long can be left, and is found again @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const silent = await silentServer();
  await arriveHome(page, visit, hub);
  await fillPostgres(page, visit, { ...(await openShop()), port: silent.port }, "Elbe shop");
  await page.getByRole("button", { name: "Test the connection" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Checking Elbe shop" })).toBeVisible();
  await visit.look("test-running");

  await openConnection(page, visit, "Elbe shop");
  // On a slow machine its time may be over by now; then the page says so.
  await page.getByRole("link", { name: /Follow the test|Did not pass/ }).click();
  await silent.close();
  await expect(page.getByRole("heading", { level: 1, name: "Elbe shop is not connected yet" })).toBeVisible({ timeout: jobLimit });
});
