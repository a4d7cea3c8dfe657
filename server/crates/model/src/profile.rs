//! The business profile: the three answers that decide what is suggested first.

use serde::{Deserialize, Serialize};

/// What a tenant told us about its business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct BusinessProfile {
    pub industry: Industry,
    pub size: CompanySize,
    #[serde(rename = "type")]
    pub kind: BusinessType,
}

impl BusinessProfile {
    /// "Retail · 11–50 people · Sells to consumers".
    pub fn words(self) -> String {
        format!(
            "{} · {} · {}",
            self.industry.label(),
            self.size.label(),
            self.kind.label()
        )
    }
}

/// An enum of plain words: its list, wire name, label, and the way back from the wire name.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $wire:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $(#[serde(rename = $wire)] $variant,)+
        }

        impl $name {
            /// In the order people see them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word on the wire and in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $wire,)+ }
            }

            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.name() == text)
            }
        }

        // By hand: the derive does not see a wire name that comes out of a macro.
        #[cfg(not(target_family = "wasm"))]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($wire,)+]))
                    .into()
            }
        }

        #[cfg(not(target_family = "wasm"))]
        impl utoipa::ToSchema for $name {}
    };
}

choices! {
    /// What the business works in.
    Industry {
        Retail = "retail", "Retail & shops";
        Software = "software", "Software & SaaS";
        Finance = "finance", "Finance & insurance";
        Health = "health", "Health & care";
        Education = "education", "Education & training";
        Hospitality = "hospitality", "Food, travel & events";
        Manufacturing = "manufacturing", "Manufacturing & wholesale";
        Logistics = "logistics", "Logistics & transport";
        Property = "property", "Property & construction";
        Media = "media", "Media & publishing";
        ProfessionalServices = "professional_services", "Consulting & legal";
        Marketing = "marketing", "Marketing & design";
        PublicSector = "public_sector", "Public sector";
        Charity = "charity", "Charity & associations";
        Other = "other", "Something else";
    }
}

choices! {
    /// How many people work there.
    CompanySize {
        Solo = "solo", "Just me";
        Micro = "micro", "2–10 people";
        Small = "small", "11–50 people";
        Medium = "medium", "51–250 people";
        Large = "large", "251–1,000 people";
        Enterprise = "enterprise", "More than 1,000 people";
    }
}

choices! {
    /// Whom the business serves, and how.
    BusinessType {
        B2b = "b2b", "Sells to businesses";
        B2c = "b2c", "Sells to consumers";
        Marketplace = "marketplace", "Brings buyers and sellers together";
        Subscription = "subscription", "Sells subscriptions";
        Agency = "agency", "Works for clients";
        Nonprofit = "nonprofit", "Works for a cause";
        Internal = "internal", "Serves its own organisation";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        assert!(
            Industry::ALL
                .iter()
                .all(|choice| Industry::parse(choice.name()) == Some(*choice))
        );
        assert!(
            CompanySize::ALL
                .iter()
                .all(|choice| CompanySize::parse(choice.name()) == Some(*choice))
        );
        assert!(
            BusinessType::ALL
                .iter()
                .all(|choice| BusinessType::parse(choice.name()) == Some(*choice))
        );
        assert_eq!(Industry::parse("Retail"), None);
    }

    #[test]
    fn a_profile_reads_as_words() {
        let profile = BusinessProfile {
            industry: Industry::Retail,
            size: CompanySize::Small,
            kind: BusinessType::B2c,
        };
        assert_eq!(
            profile.words(),
            "Retail & shops · 11–50 people · Sells to consumers"
        );
    }
}
