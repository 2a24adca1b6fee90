"""The study's page in a real browser, from disk and without a network."""

import shutil

import numpy as np
import pandas as pd
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium (Debian: chromium)")
SIZES = [(1280, 900), (400, 800)]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=SIZES, ids=["wide", "narrow"])
def page(request, browser, finished):
    """The page, open; whatever goes wrong in it is an error at the end."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else 0)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if "://" in asked.url[:8] else 0)
    page.goto((finished.folder / "results/study.html").as_uri())
    page.wait_for_selector("#view-right .plot .main-svg")
    wrong[:] = [url for url in wrong if not url.startswith(("file://", "data:", "blob:"))]
    yield page
    assert wrong == []
    context.close()


@pytest.fixture(scope="module")
def geodesics(finished):
    return pd.read_csv(finished.folder / "results/tables/geodesics.csv")


def chosen(view):
    """What a view's selects say, and the recipe of its curve."""
    model = view.locator("[data-choice=model] option:checked").inner_text()
    vae, seed = model.split(", seed ")
    metric = view.locator("[data-choice=metric]").input_value()
    curve, start, solver = view.locator("[data-choice=curve]").input_value().split(", ")
    return {"vae": vae, "seed": int(seed), "metric": metric, "curve": curve} | {
        "start": start,
        "solver": solver,
    }


def reading(view, curve, what):
    return float(view.locator(f"tr[data-curve={curve}] [data-reading={what}]").inner_text())


def test_every_figure_is_seen_and_nothing_is_wider_than_the_screen(page):
    for image in page.locator("main figure img").all():
        image.scroll_into_view_if_needed()
        assert image.is_visible()
        assert image.evaluate("image => image.complete && image.naturalWidth > 100")
        assert len(image.get_attribute("alt")) > 20
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def test_tables_open_and_are_sorted_by_a_click_on_a_name(page):
    details = page.locator("#table-models")
    details.locator("summary").click()
    button = details.get_by_role("button", name="elbo")
    for expected in (1, -1):
        button.click()
        cells = details.locator("tbody tr td:nth-child(4)").all_inner_texts()
        assert (np.diff([float(cell) for cell in cells]) * expected >= 0).all()


def test_energies_in_the_explorer_are_those_of_the_table(page, geodesics):
    page.locator("#explorer [data-choice=time]").fill("100")
    for pair in page.locator("#explorer [data-choice=pair] option").all():
        number = pair.get_attribute("value")
        page.locator("#explorer [data-choice=pair]").select_option(number)
        for side in ("left", "right"):
            view = page.locator(f"#view-{side}")
            for metric in view.locator("[data-choice=metric] option").all():
                name = metric.get_attribute("value")
                if view.locator("[data-choice=metric]").is_enabled():
                    view.locator("[data-choice=metric]").select_option(name)
                told = chosen(view) | {"pair": int(number)}
                rows = geodesics[np.all([geodesics[k] == v for k, v in told.items()], axis=0)]
                row = rows.loc[rows["decoders"].idxmax()]
                assert reading(view, "geodesic", "energy") == pytest.approx(row["energy"], rel=1e-4)
                assert reading(view, "geodesic", "length") == pytest.approx(row["length"], rel=1e-4)


def test_the_slider_moves_along_both_curves_from_their_beginning(page):
    view, slider = page.locator("#view-left"), page.locator("#explorer [data-choice=time]")
    lengths = []
    for step in range(9):
        slider.fill(str(step))
        lengths.append(reading(view, "straight", "length"))
    assert lengths[0] == 0 and (np.diff(lengths) > 0).all()
    # a geodesic is not longer than the straight line, and both show images
    assert reading(view, "geodesic", "energy") <= reading(view, "straight", "energy") * 1.001
    for name in ("geodesic", "straight"):
        canvas = view.locator(f"canvas[data-picture={name}]")
        page.wait_for_function("canvas => canvas.width === 28", arg=canvas.element_handle())
        brightest = canvas.evaluate(
            "c => Math.max(...c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
        )
        assert brightest > 0


def test_backgrounds_and_models_can_be_chosen(page):
    view = page.locator("#view-right")
    assert "ensemble" in chosen(view)["vae"]
    names = [
        o.get_attribute("value") for o in view.locator("[data-choice=background] option").all()
    ]
    assert names == ["entropy", "disagreement", "metric", "density", ""]
    for name in names:
        view.locator("[data-choice=background]").select_option(name)
        assert view.locator(".plot .hm").count() == (1 if name else 0)
    view.locator("[data-choice=model]").select_option(label="single, seed 1")
    assert chosen(view)["vae"] == "single" and chosen(view)["seed"] == 1


def test_pointing_at_a_latent_shows_its_image(page):
    view = page.locator("#view-left")
    view.scroll_into_view_if_needed()
    point = view.locator(".plot .scatterlayer .points path").first
    point.hover(force=True)
    page.wait_for_function(
        "name => document.querySelector(name).textContent.startsWith('pointed at: class')",
        arg="#view-left [data-name=pointed]",
    )


def test_every_control_is_reached_with_the_keyboard(page):
    wanted = page.evaluate(
        "[...document.querySelectorAll('#explorer select, #explorer input, #explorer button')]"
        ".filter(one => !one.disabled).length"
    )
    page.locator("#explorer [data-choice=pair]").focus()
    found = set()
    for _ in range(wanted):
        found.add(
            page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
        )
        page.keyboard.press("Tab")
    assert len(found) == wanted
    page.locator("#explorer [data-choice=time]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#explorer-time").inner_text() != "0.00"
