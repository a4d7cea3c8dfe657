// The pages of a connection that works, and where else it shows.
import { connectShop, fillPostgres, openConnection, openTab, testConnection } from "../fixtures/connecting.js";
import { arriveHome } from "../fixtures/people.js";
import { openShop } from "../fixtures/shop.js";
import { expect, test } from "../fixtures/test.js";

test("a connection shows its tables, runs and settings, and is in every list @mobile", async ({ page, visit, hub }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await connectShop(page, visit, await openShop(), "Elbe shop");

  await openConnection(page, visit, "Elbe shop");
  await expect(page.getByRole("heading", { name: "Tables · 2" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Apps that read it" })).toBeVisible();
  await visit.look("connection");
  for (const tab of ["Tables", "Runs", "Settings"] as const) {
    await openTab(page, visit, tab);
    await visit.look(`connection-${tab.toLowerCase()}`);
  }
  await openTab(page, visit, "Tables");
  await page.getByRole("button", { name: "Save tables" }).click();
  await expect(page.getByText("The next run keeps exactly these tables.")).toBeVisible();
  await openTab(page, visit, "Settings");

  await page.getByRole("link", { name: "Change settings" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Change Elbe shop" })).toBeVisible();
  await visit.look("connection-edit");

  for (const [path, seen, name] of [
    ["/", "Get started", "home-live"],
    ["/connections", "Elbe shop", "connections"],
    ["/connections?q=nothing", "No connection matches.", "connections-none"],
    ["/integrations/postgresql", "Connected already", "integration-connected"],
    ["/activity", "by", "activity-runs"],
    ["/activity?tab=changes", "Started a run", "activity-changes"],
  ] as const) {
    await visit.open(path);
    await expect(page.getByRole("main")).toContainText(seen);
    await visit.look(name);
  }
});

test("a paused connection says so and goes on where it was", async ({ page, visit, hub }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await fillPostgres(page, visit, await openShop(), "Elbe shop");
  await testConnection(page, visit, "Elbe shop");
  await openConnection(page, visit, "Elbe shop");
  await openTab(page, visit, "Settings");
  await page.getByRole("button", { name: "Pause connection" }).click();
  await expect(page.getByRole("main").getByText("paused", { exact: true })).toBeVisible();
  await visit.look("connection-paused");
  await page.getByRole("button", { name: "Resume connection" }).first().click();
  await expect(page.getByRole("main").getByText("ready", { exact: true })).toBeVisible();
});

test("runs start by themselves at the times that are set @mobile", async ({ page, visit, hub }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await fillPostgres(page, visit, await openShop(), "Elbe shop");
  await testConnection(page, visit, "Elbe shop");
  await openConnection(page, visit, "Elbe shop");
  await openTab(page, visit, "Settings");
  const main = page.getByRole("main");
  await expect(page.getByLabel("When runs start")).toHaveValue("manual");
  await page.getByLabel("When runs start").selectOption("Every hour");
  await page.getByRole("button", { name: "Save schedule" }).click();
  await expect(main).toContainText(/The schedule is saved\.\s*The next run starts/);
  await expect(main).toContainText(/Times are those of \w+/);
  await visit.settled();
  await expect(page.getByLabel("When runs start")).toHaveValue("every hour");
  await visit.look("connection-schedule");

  const own = page.getByLabel("Or at times of your own");
  await own.fill("0 6 * * 1-5 Europe/Berlni");
  await page.getByRole("button", { name: "Save schedule" }).click();
  await expect(own).toHaveAttribute("aria-invalid", "true");
  await visit.settled();
  await expect(main).toContainText("has no time zone");
  await expect(main).not.toContainText("The schedule is saved.");
  await expect(own).toHaveValue("0 6 * * 1-5 Europe/Berlni");
  await visit.look("connection-schedule-wrong");
  await own.fill("0 6 * * 1-5 Europe/Berlin");
  await page.getByRole("button", { name: "Save schedule" }).click();
  await expect(own).not.toHaveAttribute("aria-invalid", "true");
  await openTab(page, visit, "Tables");
  await openTab(page, visit, "Settings");
  await expect(own).toHaveValue("0 6 * * 1-5 Europe/Berlin");
  await expect(main).toContainText("The next run starts");

  await page.getByRole("button", { name: "Pause connection" }).click();
  await expect(main.getByText("paused", { exact: true })).toBeVisible();
  await openTab(page, visit, "Settings");
  await expect(main).toContainText("Paused: no run starts until you resume it.");
});

test("a connection is removed after its name was typed @mobile", async ({ page, visit, hub }) => {
  test.slow();
  await arriveHome(page, visit, hub);
  await fillPostgres(page, visit, await openShop(), "Elbe shop");
  await testConnection(page, visit, "Elbe shop");
  await openConnection(page, visit, "Elbe shop");
  await openTab(page, visit, "Settings");
  await page.getByRole("link", { name: "Remove this connection" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Remove Elbe shop" })).toBeVisible();
  await visit.look("connection-remove");

  const name = page.getByLabel("Name of the connection");
  await name.fill("another");
  await page.getByRole("button", { name: "Remove connection" }).click();
  await expect(name).toHaveAttribute("aria-invalid", "true");
  await visit.settled();
  await name.fill("Elbe shop");
  await page.getByRole("button", { name: "Remove connection" }).click();
  await expect(page.getByText("A connection brings one tool's data into your schema")).toBeVisible();
});
