"""Names that numpy 1.24 removed and the glTF add-on of Blender before 3.5 still uses (numpy.bool and others)."""


def apply():
    """Puts the names back where they are missing. Raises ImportError without numpy."""
    import numpy

    for name, kind in (("bool", bool), ("int", int), ("float", float), ("object", object), ("str", str)):
        if name not in vars(numpy):
            setattr(numpy, name, kind)
    return numpy.__version__
