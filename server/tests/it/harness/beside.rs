//! A second process of a hub: a data folder of its own, and the databases, keys and files of the first one.

use super::{Hub, Setting};

impl Hub {
    /// Starts it, with the settings that the first one has besides. It has to end before the first one, whose databases
    /// these are.
    pub fn beside(&self, settings: &[Setting]) -> Self {
        let (port, folder) = (self.port(), self.data_dir().display());
        let url = |login: &str, name: &str, database: &str| {
            let password = self.password(name);
            format!("postgres://{login}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
        };
        let (control, data) = ("tributary", "tributary_data");
        let mut all = vec![
            ("DATABASE_URL", url("hub_app", "app", control)),
            ("DATABASE_OWNER_URL", url("hub_owner", "owner", control)),
            (
                "TENANT_DATABASE_URL",
                url("hub_provisioner", "provisioner", data),
            ),
            (
                "TENANT_DATABASE_OWNER_URL",
                url("postgres", "superuser", data),
            ),
            ("SECRET_KEY_FILE", format!("{folder}/keys.toml")),
            ("STORAGE_URL", format!("file://{folder}/storage")),
        ];
        all.extend_from_slice(settings);
        Self::start_with(&all)
    }
}
