"""Skills (SEP-2640) as `fastmcp` serves those of a folder: `python skills.py stdio` or `python skills.py http PORT`."""

import sys
from pathlib import Path

from fastmcp import FastMCP
from fastmcp.server.providers.skills import SkillsDirectoryProvider
from fastmcp.skills.extension import SkillsExtension

provider = SkillsDirectoryProvider(Path(__file__).parent / "skills", experimental_skills=True)
server = FastMCP("pypi-fastmcp-skills", version="1.0.0")
server.add_provider(provider)
server.add_extension(SkillsExtension(providers=[provider]))

if sys.argv[1] == "http":
    server.run("http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False)
else:
    server.run("stdio", show_banner=False)
