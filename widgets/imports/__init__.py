"""An import on the screen: its rows before they are written, what a person decides about them, and imports of before.

Reading files and writing records is in `guanai.storage.imports`. Begin with `import_panel`.
"""
