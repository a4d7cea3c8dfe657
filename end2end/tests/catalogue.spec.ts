// Finding an integration: recommendations with reasons, search and filters that live in the address.
import { arriveHome } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test("the catalogue recommends with reasons, searches and filters @mobile", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations");
  await visit.look("integrations-recommended");

  await page.getByRole("searchbox", { name: "Search integrations" }).fill("post");
  await page.getByRole("search").getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/[?&]q=post/);
  await expect(page.getByRole("main").getByRole("link", { name: "PostgreSQL", exact: true })).toBeVisible();
  await visit.look("integrations-search");

  await page.reload();
  await expect(page.getByRole("searchbox", { name: "Search integrations" })).toHaveValue("post");
});

test("a search without results offers what comes near", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations?q=xyzzyquux");
  await expect(page.getByText("Nothing is called “xyzzyquux”.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "These take the data of any tool" })).toBeVisible();
  await visit.look("integrations-nothing");
});

test("what cannot run here says so, and offers no button", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  await visit.open("/integrations/snowflake");
  await expect(page.getByRole("heading", { level: 1, name: "Snowflake" })).toBeVisible();
  await expect(page.getByText("It needs an Airbyte")).toBeVisible();
  await expect(page.getByRole("link", { name: "Connect Snowflake" })).toHaveCount(0);
  await visit.look("integration-needs-airbyte");
});
