"""Train three runs and photograph what one sees of them: TensorBoard, the report and the terminal.

    python -m benchmarks.pictures         # writes docs/pictures/{tensorboard,report,terminal}.png; needs chromium

Nothing is drawn by hand: TensorBoard's page and the report are opened in a headless Chromium, and what the terminal
showed is laid out by rich.
"""

import os
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.browser import browser, charts, tensorboard

PROJECT = Path(__file__).parents[1]
PICTURES = PROJECT / "docs/pictures"
COLUMNS = 110
RUN = ["python", "train.py", "trainer.max_epochs=12"]
THREE = ["train.py", "-m", "data.batch_size=16,64,256", "trainer.max_epochs=12", "hydra.sweep.dir=outputs/three"]
NAMED = "hydra.sweep.subdir=batches_of_${data.batch_size}"


def run(words: list[str], folder: Path) -> str:
    """Run a front door in a folder: what it printed."""
    env = os.environ | {"COLUMNS": str(COLUMNS), "OMP_NUM_THREADS": "1"}
    script = str(PROJECT / words[0])
    done = subprocess.run([sys.executable, script, *words[1:]], cwd=folder, env=env, capture_output=True, check=True)
    return done.stdout.decode()


def terminal_page(command: str, printed: str) -> str:
    """A page with a command and what it printed, as a terminal shows it when the bar is gone."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(f"$ {command}", style="bold green", highlight=False)
    console.print(Text(printed.replace(f"{PROJECT}{os.sep}", "")))  # as typed in the project's folder
    return console.export_html(theme=MONOKAI, code_format=PAGE, inline_styles=True)


PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: {background}; color: {foreground} }}
pre {{ font: 14px/1.3 "DejaVu Sans Mono", monospace; margin: 0; padding: 16px; width: max-content }}
</style><pre>{code}</pre>"""

CLOSE_SETTINGS = """
[...document.querySelectorAll('button')].find(button => button.textContent.trim().endsWith('Settings')).click();
"""


def main() -> None:
    with TemporaryDirectory() as place:
        folder = Path(place)
        run([*THREE, NAMED], folder)
        run(["report.py", "outputs/three"], folder)
        (folder / "terminal.html").write_text(terminal_page(" ".join(RUN), run(RUN[1:], folder)), encoding="utf-8")
        with browser(folder / "chromium", 1400, 1000) as opened:
            with tensorboard(folder / "outputs/three") as address:
                found = charts(opened, address, "^(epoch|step)/val/(loss|accuracy)$", num_runs=3)
                assert all(len(lines) == 3 for lines in found.values()), found
                opened.execute_script(CLOSE_SETTINGS)
                time.sleep(3)  # the charts grow into the place
                opened.save_screenshot(str(PICTURES / "tensorboard.png"))
            opened.get((folder / "outputs/three/report.html").as_uri())
            opened.save_screenshot(str(PICTURES / "report.png"))
            opened.set_window_size(1400, 1300)
            opened.get((folder / "terminal.html").as_uri())
            opened.find_element("tag name", "pre").screenshot(str(PICTURES / "terminal.png"))
    for name in ("tensorboard", "report", "terminal"):
        print(f"docs/pictures/{name}.png", round((PICTURES / f"{name}.png").stat().st_size / 1000), "kB")


if __name__ == "__main__":
    main()
