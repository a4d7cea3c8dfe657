// A source that is gone: the run says so in plain words, and home and the connection ask for a person.
import { connectShop, jobLimit, openConnection } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { closeShop, openShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("a run without its database fails and says what to do @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const shop = await openShop();
  await arriveHome(page, visit, hub);
  await connectShop(page, visit, shop, "Elbe shop");

  await closeShop(shop);
  await page.getByRole("button", { name: "Run again" }).click();
  await expect(page.getByText("It failed", { exact: true })).toBeVisible({ timeout: jobLimit });
  await expect(page.getByRole("link", { name: "Check the settings" })).toBeVisible();
  await visit.look("run-failed");

  await visit.open("/");
  await expect(page.getByRole("heading", { name: "Needs you" })).toBeVisible();
  await visit.look("home-attention");

  await openConnection(page, visit, "Elbe shop");
  await expect(page.getByText("This connection needs you")).toBeVisible();
  await visit.look("connection-needs-you");
});
