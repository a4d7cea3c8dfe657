//! Chance that falls the same way on every machine, and the words it chooses from.

pub const FIRST: [&str; 12] = [
    "Ada", "Bram", "Chloé", "Dmitri", "Esther", "Femi", "Grace", "Hugo", "Ines", "Jun", "Kofi",
    "Lena",
];
pub const LAST: [&str; 12] = [
    "Adeyemi", "Brown", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ito",
    "Jones", "Kim", "Larsen",
];
pub const WORDS: [&str; 16] = [
    "amber", "brick", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island", "juniper",
    "kelp", "lantern", "meadow", "north", "orchard", "pine",
];

/// A small generator (splitmix64): the same numbers everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: &str) -> Self {
        Self(
            seed.bytes()
                .fold(7, |seed, byte| seed * 31 + u64::from(byte)),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let length = u64::try_from(choices.len()).unwrap_or(1);
        usize::try_from(self.below(length))
            .ok()
            .and_then(|at| choices.get(at))
            .copied()
            .unwrap_or_default()
    }

    pub fn prose(&mut self, words: usize) -> String {
        (0..words)
            .map(|_| self.pick(&WORDS))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_same_everywhere() {
        let mut random = Random::new("users");
        assert_eq!(
            [random.next(), random.next()],
            [6_671_660_924_094_363_666, 11_644_895_007_624_711_056]
        );
    }
}
