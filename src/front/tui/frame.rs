//! The seven regions that every screen has, at any size. They follow from the size alone, never
//! from what is in them, so that a resize back restores the picture.

use ratatui::layout::Rect;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Size {
    /// Under 60×16: only a notice.
    TooSmall,
    /// Narrower than 80 or lower than 24: one pane at a time.
    Small,
    Normal,
    /// From 120×30: a wider pane, and what, why and by hand are always there.
    Large,
    /// From 160×45: three panes.
    Huge,
}

impl Size {
    pub(crate) fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (w, h) if w < 60 || h < 16 => Self::TooSmall,
            (w, h) if w < 80 || h < 24 => Self::Small,
            (w, h) if w < 120 || h < 30 => Self::Normal,
            (w, h) if w < 160 || h < 45 => Self::Large,
            _ => Self::Huge,
        }
    }
}

/// Where everything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Regions {
    pub(crate) size: Size,
    pub(crate) title: Rect,
    /// `None` where the rail has joined the title.
    pub(crate) rail: Option<Rect>,
    pub(crate) mode: Rect,
    pub(crate) body: Rect,
    pub(crate) notice: Rect,
    pub(crate) buttons: Rect,
    pub(crate) footer: Rect,
}

impl Regions {
    pub(crate) fn of(area: Rect) -> Self {
        let size = Size::of(area);
        let row = |y: u16| Rect { y: area.y + y.min(area.height), height: 1, ..area };
        let from_below = |n: u16| row(area.height.saturating_sub(n));
        let top = if size >= Size::Normal { 3 } else { 2 };
        let body = Rect { y: area.y + top, height: area.height.saturating_sub(top + 3), ..area };
        Self {
            size,
            title: row(0),
            rail: (size >= Size::Normal).then(|| row(1)),
            mode: row(top - 1),
            body,
            notice: from_below(3),
            buttons: from_below(2),
            footer: from_below(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_from_columns_and_rows() {
        let size = |w, h| Size::of(Rect::new(0, 0, w, h));
        assert_eq!(size(59, 40), Size::TooSmall);
        assert_eq!(size(60, 16), Size::Small);
        assert_eq!(size(79, 60), Size::Small);
        assert_eq!(size(80, 24), Size::Normal);
        assert_eq!(size(120, 30), Size::Large);
        assert_eq!(size(200, 60), Size::Huge);
        assert_eq!(size(200, 20), Size::Small);
    }

    #[test]
    fn every_row_belongs_to_one_region() {
        for (w, h) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
            let regions = Regions::of(Rect::new(0, 0, w, h));
            let single = 4 + u16::from(regions.rail.is_some()) + 1;
            assert_eq!(regions.body.height + single - 1, h - 1, "{w}x{h}");
            assert_eq!(regions.footer.y, h - 1);
            assert_eq!(regions.notice.y, regions.body.bottom());
        }
        assert_eq!(Regions::of(Rect::new(0, 0, 80, 24)).body.height, 18);
        assert_eq!(Regions::of(Rect::new(0, 0, 60, 16)).body.height, 11);
    }
}
