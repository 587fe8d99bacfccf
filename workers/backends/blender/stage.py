"""Camera, light and ground around a model."""

import math

import bpy
from mathutils import Matrix, Vector

MARGIN = 1.06


def normalise(roots, meshes):
    """Puts the model into the unit sphere around the origin, under one empty that can be turned. Returns it and the scale."""
    corners = [it.matrix_world @ Vector(corner) for it in meshes for corner in it.bound_box]
    low = Vector([min(it[axis] for it in corners) for axis in range(3)])
    high = Vector([max(it[axis] for it in corners) for axis in range(3)])
    radius = max((high - low).length / 2, 1e-9)
    holder = bpy.data.objects.new("holder", None)
    bpy.context.scene.collection.objects.link(holder)
    moved = Matrix.Scale(1 / radius, 4) @ Matrix.Translation(-(low + high) / 2)
    for it in roots:
        world = it.matrix_world.copy()
        it.parent = holder
        it.matrix_world = moved @ world
    bpy.context.view_layer.update()
    return holder, 1 / radius


def camera(direction, field_deg, width, height, meshes):
    """Looks along `direction` (from the model to the camera, glTF axes) and frames all corners with a small margin."""
    back = Vector((direction[0], -direction[2], direction[1])).normalized()
    up_hint = Vector((0, 1, 0)) if abs(back.z) > 0.9999 else Vector((0, 0, 1))
    right = up_hint.cross(back).normalized()
    up = back.cross(right)
    tan_y = math.tan(math.radians(field_deg) / 2) / MARGIN
    tan_x = tan_y * width / height
    corners = [it.matrix_world @ Vector(corner) for it in meshes for corner in it.bound_box]
    distance = max(
        point.dot(back) + max(abs(point.dot(right)) / tan_x, abs(point.dot(up)) / tan_y) for point in corners
    )
    data = bpy.data.cameras.new("camera")
    data.sensor_fit = "VERTICAL"
    data.angle_y = math.radians(field_deg)
    data.clip_start, data.clip_end = 0.001, 1000
    it = bpy.data.objects.new("camera", data)
    it.matrix_world = Matrix.Translation(back * distance) @ Matrix((right, up, back)).transposed().to_4x4()
    bpy.context.scene.collection.objects.link(it)
    bpy.context.scene.camera = it


def lights(strength):
    """Three soft boxes and a bright sky: enough to mirror for metal, and dark places between them for stones."""
    for place, size, power in (
        ((-3, -3, 4), 3.0, 400),
        ((4, -2, 2.5), 2.0, 160),
        ((0.5, 4, 3.5), 2.5, 260),
    ):
        data = bpy.data.lights.new("softbox", "AREA")
        data.size, data.energy = size, power * strength
        it = bpy.data.objects.new("softbox", data)
        it.location = place
        it.rotation_euler = (-Vector(place)).to_track_quat("-Z", "Y").to_euler()
        bpy.context.scene.collection.objects.link(it)
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.86, 0.88, 0.92, 1)
    background.inputs["Strength"].default_value = 0.4 * strength
    bpy.context.scene.world = world


def ground(meshes, transparent):
    """What the model stands on; with a transparent background only its shadow."""
    lowest = min((it.matrix_world @ Vector(corner)).z for it in meshes for corner in it.bound_box)
    bpy.ops.mesh.primitive_plane_add(size=200, location=(0, 0, lowest - 1e-4))
    plane = bpy.context.object
    plane.is_shadow_catcher = transparent
    material = bpy.data.materials.new("ground")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (0.82, 0.82, 0.83, 1)
    shader.inputs["Roughness"].default_value = 0.7
    plane.data.materials.append(material)
