#!/usr/bin/env python3
"""Clicks through the shop of `make demo-shop` in Chromium, without a window (Debian: python3-selenium, chromium-driver).

    check_shop.py SCREENSHOTS     a folder for the pictures

It starts server.py, which connects as libpq does. The last line is a count of what passed and what failed.
"""
import pathlib
import subprocess
import sys

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

HERE = pathlib.Path(__file__).resolve().parent
counts = {True: 0, False: 0}


def check(holds, what, found=""):
    counts[bool(holds)] += 1
    print("ok -" if holds else "not ok -", what, "" if holds else f"(found: {found})", flush=True)


class Browser:
    def __init__(self, address, pictures):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1180,1000"):
            options.add_argument(argument)
        self.driver = webdriver.Chrome(options=options, service=webdriver.chrome.service.Service("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(60)
        self.address, self.pictures = address, pictures

    def go(self, place=""):
        self.driver.get(self.address + place)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [e.text for e in self.driver.find_elements(By.CSS_SELECTOR, selector)]

    def click(self, selector):
        """Clicks, and waits until the next page is there."""
        page, thing = self.find("html"), self.find(selector)
        # The browser scrolls by itself, and then clicks.
        thing.click()
        WebDriverWait(self.driver, 60).until(lambda d: gone(page) and d.execute_script("return document.readyState") == "complete")

    def products(self, section):
        return [e.get_attribute("data-product") for e in self.driver.find_elements(By.CSS_SELECTOR, f"#{section} .card")]

    def picture(self, name):
        self.driver.execute_script("window.scrollTo(0, 0)")
        self.driver.save_screenshot(str(self.pictures / f"{name}.png"))


def gone(element):
    try:
        return not element.is_enabled()
    except Exception:  # StaleElementReferenceException, and what a page that is being left says instead
        return True


def walk(b):
    b.go()
    check(b.find(".brand").text == "The Made Shop", "the shop opens", b.driver.title)
    check(len(b.products("for-you")) == 8 and len(b.products("next-purchase")) == 4, "two lists at home", b.products("for-you"))

    # Somebody who was never here.
    b.find(".people summary").click()
    b.click(".people form button")
    check(b.texts("#events li") == ["nothing yet"], "somebody new has done nothing", b.texts("#events li"))
    first = b.products("for-you")
    check(len(first) == 8, "and gets a list", first)
    customer = b.driver.current_url.rsplit("/", 1)[1]

    # A bicycle, looked at.
    b.go(f"{customer}/product/65")
    check("Bicycle" in b.find("h1").text, "a product has a page", b.find("h1").text)
    goes, similar = b.texts("#goes-with .name"), b.texts("#similar .name")
    check(len(set(goes) & {"Helmet", "Bicycle lock", "Light set"}) >= 2, "goes with a bicycle: what one buys for it", goes)
    check(similar == ["Bicycle"] * 4, "similar to a bicycle: others", similar)
    b.picture("shop_product")
    b.click(".brand")
    second = b.products("for-you")
    check(second != first, "one INSERT changes the list", second)
    check("65" not in second, "what was looked at is not in it", second)
    check("new" in b.texts("#for-you .new"), "what is new in it is marked", b.texts("#for-you .new"))
    check(len(b.texts("#events li")) == 1 and "looked at" in b.texts("#events li")[0], "the event is there", b.texts("#events li"))

    # Deleted: as if it had never been.
    b.click("#events button")
    check(b.products("for-you") == first, "one DELETE brings the first list back", b.products("for-you"))

    # Bought.
    purchases = b.products("next-purchase")
    b.go(f"{customer}/product/65")
    b.click(".actions .first")
    check(b.find(".cart b").text == "1" and b.texts("#cart td")[0] == "Bicycle", "a cart", b.texts("#cart td"))
    check(set(b.texts("#with-cart .name")) & {"Helmet", "Bicycle lock", "Light set"}, "what goes with it", b.texts("#with-cart .name"))
    b.click("#cart .first")
    check(b.find(".cart b").text == "0", "the cart is empty after the purchase", b.find(".cart b").text)
    check("bought" in b.texts("#events li")[0], "the purchase is an event", b.texts("#events li"))
    after = b.texts("#next-purchase .name")
    check(b.products("next-purchase") != purchases, "a purchase changes what comes next", after)
    check(len(set(after) & {"Helmet", "Bicycle lock", "Light set"}) >= 2, "and that is what goes with it", after)
    b.picture("shop_home")

    # Why?
    b.click("#for-you .why")
    reasons = b.texts("#why .bars th")
    check(any(r.startswith("department: ") for r in reasons) and any(r.lower().startswith("bicycle ") for r in reasons), "why: attributes and events", reasons)
    b.picture("shop_why")

    # Removed from the cart again.
    b.go(f"{customer}/product/66")
    b.click(".actions .first")
    b.click("#cart table button")
    check(b.find(".cart b").text == "0", "what is taken out of the cart is gone", b.find(".cart b").text)
    b.go(f"{customer}/product/67")
    b.click(".actions form:last-child button")
    check("bought" in b.texts("#events li")[0], "bought at once", b.texts("#events li"))
    b.go("0/cart")
    check("nothing here" in b.find("body").text, "a customer who is not there", b.find("body").text)


def main(pictures):
    pictures = pathlib.Path(pictures)
    pictures.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen([sys.executable, str(HERE / "server.py"), "0"], stdout=subprocess.PIPE, text=True)
    browser = None
    try:
        address = server.stdout.readline().split()[-1]
        browser = Browser(address, pictures)
        walk(browser)
    finally:
        if browser:
            browser.driver.quit()
        server.terminate()
        print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(counts[False] > 0 or counts[True] == 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
