"""Reading the model of an order into an empty scene."""

import bpy
import guard
import numpy_shim


def load(order):
    """The objects of the order's GLB, in a scene that holds nothing else. Returns its meshes."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    try:
        numpy_shim.apply()
    except ImportError:
        raise guard.Problem("its Python has no numpy, which reading GLB needs: install python3-numpy", "fatal")
    try:
        bpy.ops.import_scene.gltf(filepath=order["input"])
    except RuntimeError as error:
        words = str(error)
        if "not available" in words or "Draco" in words:
            raise guard.Problem(f"this Blender cannot read the model, which is compressed: {words.strip()}")
        raise guard.Problem(f"this Blender cannot read the model: {words.strip()[-300:]}")
    meshes = [it for it in bpy.context.scene.objects if it.type == "MESH"]
    if not meshes:
        raise guard.Problem("the model has no meshes")
    return meshes


def triangles(meshes):
    """How many there are after all modifiers."""
    count = 0
    graph = bpy.context.evaluated_depsgraph_get()
    for it in meshes:
        mesh = it.evaluated_get(graph).to_mesh()
        mesh.calc_loop_triangles()
        count += len(mesh.loop_triangles)
        it.evaluated_get(graph).to_mesh_clear()
    return count


def roots():
    return [it for it in bpy.context.scene.objects if it.parent is None]
