"""What ``setup.cfg`` cannot say: the dashboard is built before it is packed."""

import runpy
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent

# The package ccm.static is this folder, which an editable install wants to see before the dashboard is built.
(HERE / "static" / "dist").mkdir(parents=True, exist_ok=True)


class BuildWithDashboard(build_py):
    """``build_py`` that makes ``static/dist`` first, except for an editable install, which serves the folder itself."""

    def run(self) -> None:
        if not self.editable_mode:
            runpy.run_path(str(HERE / "static" / "build.py"))["build"]()
        super().run()


setup(cmdclass={"build_py": BuildWithDashboard})
