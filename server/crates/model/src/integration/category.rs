//! The shelves of the catalogue.

use serde::{Deserialize, Serialize};

/// The shelf an integration stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Databases,
    CrmSales,
    Ecommerce,
    Payments,
    Marketing,
    Analytics,
    Communication,
    Productivity,
    FileStorage,
    /// What fits any business: files, an API of one's own, sample data.
    Generic,
    /// What only the Airbyte of this installation knows, which does not say what the tools are for.
    Others,
}

impl Category {
    pub const ALL: [Self; 11] = [
        Self::Databases,
        Self::CrmSales,
        Self::Ecommerce,
        Self::Payments,
        Self::Marketing,
        Self::Analytics,
        Self::Communication,
        Self::Productivity,
        Self::FileStorage,
        Self::Generic,
        Self::Others,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Databases => "databases",
            Self::CrmSales => "crm_sales",
            Self::Ecommerce => "ecommerce",
            Self::Payments => "payments",
            Self::Marketing => "marketing",
            Self::Analytics => "analytics",
            Self::Communication => "communication",
            Self::Productivity => "productivity",
            Self::FileStorage => "file_storage",
            Self::Generic => "generic",
            Self::Others => "others",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.name() == text)
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Databases => "Databases",
            Self::CrmSales => "CRM & Sales",
            Self::Ecommerce => "E-commerce",
            Self::Payments => "Payments",
            Self::Marketing => "Marketing",
            Self::Analytics => "Analytics",
            Self::Communication => "Communication",
            Self::Productivity => "Productivity",
            Self::FileStorage => "File storage",
            Self::Generic => "Files & generic",
            Self::Others => "More tools",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        assert!(
            Category::ALL
                .into_iter()
                .all(|category| Category::parse(category.name()) == Some(category))
        );
        assert_eq!(Category::parse("Databases"), None);
    }
}
