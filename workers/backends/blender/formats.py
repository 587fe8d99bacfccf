"""The formats that Blender writes: which operator, under which name in which version, with which options."""

import bpy
import guard


def _operator(*names):
    """The first of the operators that this Blender has. bpy.ops makes up what is not there, so its lists are asked."""
    for name in names:
        room, verb = name.split(".")
        if verb in dir(getattr(bpy.ops, room)):
            return getattr(getattr(bpy.ops, room), verb)
    return None


# Extension: operators, newest first, and their options.
WRITERS = {
    "blend": (("wm.save_as_mainfile",), {"compress": True, "copy": True}),
    "fbx": (("export_scene.fbx",), {"path_mode": "COPY", "embed_textures": True, "add_leaf_bones": False}),
    "dae": (("wm.collada_export",), {"use_texture_copies": True}),
    "obj": (("wm.obj_export", "export_scene.obj"), {"path_mode": "COPY"}),
    "stl": (("wm.stl_export", "export_mesh.stl"), {}),
    "ply": (("wm.ply_export", "export_mesh.ply"), {}),
    "x3d": (("export_scene.x3d",), {}),
    "abc": (("wm.alembic_export",), {}),
    "usdc": (("wm.usd_export",), {}),
    "usdz": (("wm.usd_export",), {}),
    "glb": (("export_scene.gltf",), {"export_format": "GLB"}),
}


def writable():
    return [name for name, (operators, _) in WRITERS.items() if _operator(*operators) is not None]


def write(name, path):
    operators, options = WRITERS[name]
    operator = _operator(*operators)
    if operator is None:
        there = ", ".join(writable())
        raise guard.Problem(f"this Blender does not write {name}; it writes {there}", "capacity")
    operator(filepath=path, **options)
