"""An import on the screen: its preview, what a person decides about rows and columns, and what was imported before.

The import itself is in `guanai.storage.imports`. Begin with `import_panel`.
"""
