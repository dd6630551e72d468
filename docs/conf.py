"""How Sphinx builds the documentation: `make docs`."""

from importlib.metadata import version as installed_version

project = "submarine-jupyter"
author = "The submarine-jupyter developers"
version = release = installed_version(project)

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs.reference_pages",
]
# The page of the architecture lists the decisions.
exclude_patterns = ["decisions/README.md"]

default_role = "code"
toc_object_entries_show_parents = "hide"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
napoleon_google_docstring = False
# Nothing is fetched while it is built, so names of other projects lead nowhere.
nitpick_ignore_regex = [("py:.*", ".*")]

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_sidebars: dict[str, list[str]] = {"tutorial": [], "security": [], "scaling": []}
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "header_links_before_dropdown": 6,
}
