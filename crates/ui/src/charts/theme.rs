//! The colours and faces of the charts. They come from the page's tokens (`www/styles/tokens.css`)
//! by name; no colour is written here.

use plotters::style::{Color, RGBColor, ShapeStyle};

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#')?;
        if digits.len() != 6 || !digits.is_ascii() {
            return None;
        }
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self(channel(0)?, channel(2)?, channel(4)?))
    }

    /// The colour at `part` (0 to 1) of the way to `other`.
    #[must_use]
    pub fn mix(self, other: Self, part: f32) -> Self {
        let channel = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
        Self(channel(self.0, other.0), channel(self.1, other.1), channel(self.2, other.2))
    }

    pub(crate) fn plotters(self) -> RGBColor {
        RGBColor(self.0, self.1, self.2)
    }
}

/// What the charts are drawn with.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Drawing units of one CSS pixel: more than 1 gives sub-pixel precision.
    pub unit: i32,
    /// Words that must be read.
    pub text: Rgb,
    /// Labels of axes.
    pub muted: Rgb,
    /// Grid lines.
    pub grid: Rgb,
    /// The frame's lines.
    pub axis: Rgb,
    /// What charts lie on.
    pub surface: Rgb,
    /// The reading cursor.
    pub accent: Rgb,
    /// One colour a layer, and for the charts' own lines.
    pub series: [Rgb; 8],
    /// From most negative over neutral to most positive.
    pub diverging: [Rgb; 5],
    /// From 0 to 1.
    pub sequential: [Rgb; 5],
    /// CSS font family of words.
    pub sans: String,
    /// CSS font family of characters and numbers.
    pub mono: String,
}

impl Theme {
    /// Looks every token up by its name, such as `--text`. A colour that cannot be read is black, so
    /// that a typing error in the tokens is seen.
    #[must_use]
    pub fn from_tokens(unit: i32, token: impl Fn(&str) -> String) -> Self {
        let colour = |name: &str| Rgb::parse(&token(name)).unwrap_or_default();
        Self {
            unit,
            text: colour("--text"),
            muted: colour("--text-muted"),
            grid: colour("--chart-grid"),
            axis: colour("--chart-axis"),
            surface: colour("--surface"),
            accent: colour("--accent"),
            series: std::array::from_fn(|index| colour(&format!("--series-{}", index + 1))),
            diverging: std::array::from_fn(|index| colour(&format!("--diverging-{}", index + 1))),
            sequential: std::array::from_fn(|index| colour(&format!("--sequential-{}", index + 1))),
            sans: token("--font-sans"),
            mono: token("--font-mono"),
        }
    }

    /// The colour of a layer; they repeat after eight.
    #[must_use]
    pub fn layer(&self, layer: usize) -> Rgb {
        self.series[layer % self.series.len()]
    }

    pub(crate) fn stroke(&self, colour: Rgb, width: u32) -> ShapeStyle {
        colour.plotters().stroke_width(width * self.unit as u32)
    }

    pub(crate) fn faint_stroke(&self, colour: Rgb, alpha: f64, width: u32) -> ShapeStyle {
        colour.plotters().mix(alpha).stroke_width(width * self.unit as u32)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const TOKENS: &str = include_str!("../../../../www/styles/tokens.css");

    /// The declarations of the block that begins with `selector`.
    pub(in crate::charts) fn block(selector: &str) -> BTreeMap<&'static str, &'static str> {
        let start = TOKENS.find(selector).unwrap() + selector.len();
        let body = TOKENS[start..].split('}').next().unwrap();
        let declarations = body.split(';').filter_map(|declaration| declaration.rsplit("*/").next());
        let pairs = declarations.filter_map(|declaration| declaration.split_once(':'));
        pairs.map(|(name, value)| (name.trim(), value.trim())).collect()
    }

    fn luminance(Rgb(red, green, blue): Rgb) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// WCAG 2.2's contrast ratio.
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn the_two_dark_blocks_are_alike() {
        let wished = block(":root:not([data-theme=\"light\"]) {");
        assert!(wished.len() > 30);
        assert_eq!(wished, block(":root[data-theme=\"dark\"] {"));
    }

    #[test]
    fn words_and_lines_can_be_told_from_what_they_lie_on() {
        for (theme, tokens) in [("light", block(":root {")), ("dark", block(":root[data-theme=\"dark\"] {"))]
        {
            let colour = |name: &str| Rgb::parse(tokens[name]).unwrap_or_else(|| panic!("{theme} {name}"));
            for surface in ["--background", "--surface", "--raised"] {
                for words in ["--text", "--text-muted", "--accent", "--danger"] {
                    let ratio = contrast(colour(words), colour(surface));
                    assert!(ratio >= 4.5, "{theme}: {words} on {surface} has {ratio:.2}");
                }
            }
            assert!(contrast(colour("--on-accent"), colour("--accent")) >= 4.5, "{theme}");
            assert!(contrast(colour("--danger"), colour("--danger-tint")) >= 4.5, "{theme}");
            for line in (1..=8).map(|number| format!("--series-{number}")).chain(["--line-strong".into()]) {
                let ratio = contrast(colour(&line), colour("--surface"));
                assert!(ratio >= 3.0, "{theme}: {line} has {ratio:.2}");
            }
        }
    }

    #[test]
    fn every_colour_of_the_charts_is_in_the_tokens() {
        let tokens = block(":root {");
        let theme = Theme::from_tokens(1, |name| {
            let value = tokens.get(name).unwrap_or_else(|| panic!("{name} is missing"));
            assert!(name.starts_with("--font") || Rgb::parse(value).is_some(), "{name}: {value}");
            (*value).to_owned()
        });
        assert!(theme.mono.ends_with("monospace"));
    }

    #[test]
    fn a_colour_is_read_or_refused() {
        assert_eq!(Rgb::parse(" #0a80FF"), Some(Rgb(10, 128, 255)));
        for bad in ["", "#fff", "0a80ff", "#gg0000", "#ééé", "rgb(0,0,0)"] {
            assert_eq!(Rgb::parse(bad), None, "{bad}");
        }
    }
}
