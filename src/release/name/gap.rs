//! What stands between the words of a name.

use std::ops::BitOr;

/// What stands between a token and the one before it. Nothing where they touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gap(u16);

impl Gap {
    pub(super) const SPACE: Self = Self(1);
    pub(super) const DOT: Self = Self(1 << 1);
    pub(super) const UNDERSCORE: Self = Self(1 << 2);
    pub(super) const HYPHEN: Self = Self(1 << 3);
    pub(super) const OPEN: Self = Self(1 << 4);
    pub(super) const CLOSE: Self = Self(1 << 5);
    pub(super) const SLASH: Self = Self(1 << 6);
    pub(super) const COMMA: Self = Self(1 << 7);
    pub(super) const PLUS: Self = Self(1 << 8);
    pub(super) const TILDE: Self = Self(1 << 9);
    pub(super) const COLON: Self = Self(1 << 10);
    pub(super) const HASH: Self = Self(1 << 11);
    pub(super) const ORDINAL: Self = Self(1 << 12);
    pub(super) const OTHER: Self = Self(1 << 13);
    /// What may stand between the words of one expression.
    pub(super) const PLAIN: Self = Self(0b1111);
    /// A blank in any of its forms.
    pub(super) const BLANK: Self = Self(0b111);
    pub(super) const BRACKET: Self = Self(0b11_0000);

    /// Whether any of `other` is part of it.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing but `other` is part of it.
    pub(super) const fn only(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// A hyphen with blanks, as it stands between parts of a name: ` - `, `_-_`.
    pub(super) const fn is_dash(self) -> bool {
        self.has(Self::HYPHEN) && self.has(Self::BLANK)
    }
}

impl BitOr for Gap {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
