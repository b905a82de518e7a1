//! Work of the text view is counted, not timed: the same on every machine.

use egui::ThemePreference;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::ui::token_view::Work;
use rkv_scope::ui::{Tab, UiCommand};

use super::stage::{Stage, replaying};

fn long() -> Synthetic {
    let settings = CacheSettings {
        budget: 1024,
        buffer: 512,
        ..CacheSettings::default()
    };
    Synthetic {
        layers: 2,
        kv_heads: 2,
        tokens: 32_000,
        settings,
        ..Synthetic::default()
    }
}

#[test]
fn of_thirty_two_thousand_tokens_only_those_in_sight_cost_anything() {
    let mut harness = replaying(&long());
    let work = harness.state().app().token_view_work();
    assert!(work.drawn > 0 && work.drawn <= 40, "{work:?}");
    harness.step();
    let still = harness.state().app().token_view_work();
    assert_eq!(
        still,
        Work {
            laid_out: 0,
            coloured: 0,
            drawn: work.drawn
        },
        "nothing moved"
    );
    harness.get_by_label("Colour: redundancy").click();
    harness.step();
    harness.step();
    let recoloured = harness.state().app().token_view_work();
    assert_eq!(recoloured.laid_out, 0, "colour never lays text out");
}

#[test]
fn scrubbing_lays_out_what_comes_into_sight_and_no_more() {
    let mut harness = replaying(&long());
    for cursor in [100, 16_000, 31_000, 5_000] {
        let ctx = harness.ctx.clone();
        let command = rkv_scope::ui::UiCommand::SetCursor(cursor);
        harness.state_mut().app_mut().execute(&ctx, vec![command]);
        harness.step();
        let first = harness.state().app().token_view_work();
        harness.step();
        let second = harness.state().app().token_view_work();
        assert!(
            first.laid_out + second.laid_out <= 80,
            "{first:?} {second:?}"
        );
        assert!(second.drawn <= 40, "{second:?}");
    }
}

fn step_after(harness: &mut Harness<'static, Stage>, command: UiCommand) -> Work {
    let ctx = harness.ctx.clone();
    harness.state_mut().app_mut().execute(&ctx, vec![command]);
    harness.step();
    harness.state().app().token_view_work()
}

#[test]
fn another_theme_has_other_glyphs_and_the_text_is_laid_out_with_them() {
    let mut harness = replaying(&Synthetic::default());
    for theme in [ThemePreference::Light, ThemePreference::Dark] {
        let work = step_after(&mut harness, UiCommand::SetTheme(theme));
        assert!(work.drawn > 0 && work.laid_out == work.drawn, "{work:?}");
        harness.step();
        let still = harness.state().app().token_view_work();
        assert_eq!(still.laid_out, 0, "once is enough");
    }
}

#[test]
fn a_theme_that_came_and_went_behind_another_tab_leaves_no_old_glyphs() {
    let mut harness = replaying(&Synthetic::default());
    for command in [
        UiCommand::ShowTab(Tab::Heatmap),
        UiCommand::SetTheme(ThemePreference::Light),
        UiCommand::SetTheme(ThemePreference::Dark),
    ] {
        step_after(&mut harness, command);
    }
    let work = step_after(&mut harness, UiCommand::ShowTab(Tab::Reading));
    assert!(work.drawn > 0 && work.laid_out == work.drawn, "{work:?}");
}
