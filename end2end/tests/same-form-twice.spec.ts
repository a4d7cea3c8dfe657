// A form that was sent twice, from a tab and its copy, is one connection.
import { jobLimit, typePostgres } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("two tabs that send the same form make one connection", async ({ page, visit, visiting, hub, context }) => {
  test.slow();
  const shop = await openShop();
  await arriveHome(page, visit, hub);
  await visit.open("/connect/postgresql");
  await typePostgres(page, shop, "Elbe shop");

  const copy = await context.newPage();
  await visiting(copy).open("/connect/postgresql");
  await typePostgres(copy, shop, "Elbe shop");
  // What "Duplicate tab" does: the copy holds the form of the first.
  const token = await page.locator("input[name='form.token']").inputValue();
  await copy.locator("input[name='form.token']").evaluate((input, token) => input.setAttribute("value", token), token);

  await Promise.all([page, copy].map((tab) => tab.getByRole("button", { name: "Test the connection" }).click()));
  for (const tab of [page, copy]) {
    await expect(tab.getByRole("heading", { level: 1, name: "Elbe shop is connected" })).toBeVisible({ timeout: jobLimit });
  }
  await visit.open("/connections");
  await expect(page.getByRole("main").getByRole("link", { name: "Elbe shop" })).toHaveCount(1);
});
