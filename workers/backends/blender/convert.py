"""GLB to another format."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bpy
import formats
import guard
import model
from mathutils import Matrix


def convert(order):
    meshes = model.load(order)
    for it in model.roots():
        it.matrix_world = Matrix.Scale(order["scale"], 4) @ it.matrix_world
    bpy.context.view_layer.update()
    facts = {"triangles": model.triangles(meshes), "objects": len(meshes)}
    formats.write(order["format"], os.path.join(order["output"], f"model.{order['format']}"))
    return {"version": bpy.app.version_string, **facts}


guard.run(convert)
