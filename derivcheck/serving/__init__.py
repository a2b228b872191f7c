"""derivcheck for other programs that ask as long as somebody works: agents (MCP), editors (LSP), a terminal (watch).

``tools`` and ``editing`` say what is answered and know no protocol; ``mcp`` and ``lsp`` speak one each.
"""
