"""A picture of a GLB, or a turn of it, by Cycles."""

import math
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bpy
import gems
import guard
import model
import stage

FILES = {
    "png": ("PNG", {"color_depth": "8", "compression": 60}),
    "jpeg": ("JPEG", {"quality": 92}),
    "webp": ("WEBP", {"quality": 92}),
    "tiff": ("TIFF", {"color_depth": "16"}),
    "exr": ("OPEN_EXR", {"color_depth": "16", "exr_codec": "ZIP"}),
}


def render(order):
    meshes = model.load(order)
    triangles = model.triangles(meshes)
    holder, scale = stage.normalise(model.roots(), meshes)
    gems.apply(order["input"], scale)
    width, height = order["width"], order["height"]
    stage.camera(order["direction"], order["fieldDeg"], width, height, meshes)
    stage.lights(order["light"])
    if order["ground"]:
        stage.ground(meshes, order["transparent"])
    scene = bpy.context.scene
    used = cycles(scene, order)
    output(scene, order)
    frames = order["frames"]
    scene.frame_start, scene.frame_end = 1, frames
    for frame in range(1, frames + 1):
        scene.frame_current = frame
        holder.rotation_euler = (0, 0, 2 * math.pi * (frame - 1) / frames)
        scene.render.filepath = os.path.join(order["output"], f"picture-{frame:04d}" if frames > 1 else "picture")
        bpy.ops.render.render(write_still=True)
    return {"version": bpy.app.version_string, "triangles": triangles, "samples": order["samples"], **used}


def cycles(scene, order):
    try:
        scene.render.engine = "CYCLES"
    except TypeError:
        raise guard.Problem("this Blender has no Cycles", "capacity")
    it = scene.cycles
    it.samples = order["samples"]
    it.seed = order["seed"]
    it.use_adaptive_sampling = True
    # Light goes through a stone many times before it comes out.
    it.max_bounces, it.transmission_bounces, it.glossy_bounces = 32, 32, 8
    it.sample_clamp_indirect = 10
    return {"device": device(it, order), "denoiser": denoiser(it, order)}


def device(it, order):
    """The first kind of GPU that has a device, or the processor."""
    addon = bpy.context.preferences.addons.get("cycles")
    it.device = "CPU"
    if order["device"] == "cpu" or addon is None:
        return "CPU"
    for kind in ("OPTIX", "CUDA", "HIP", "ONEAPI", "METAL"):
        try:
            addon.preferences.compute_device_type = kind
            addon.preferences.refresh_devices() if hasattr(addon.preferences, "refresh_devices") else None
        except Exception:
            continue
        found = [one for one in addon.preferences.devices if one.type == kind]
        for one in found:
            one.use = True
        if found:
            it.device = "GPU"
            return kind
    addon.preferences.compute_device_type = "NONE"
    return "CPU"


def denoiser(it, order):
    import _cycles

    wanted = order["denoise"] and getattr(_cycles, "with_openimagedenoise", False)
    it.use_denoising = bool(wanted)
    if wanted:
        it.denoiser = "OPENIMAGEDENOISE"
    return "OPENIMAGEDENOISE" if wanted else None


def output(scene, order):
    name, options = FILES[order["format"]]
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = order["width"], order["height"], 100
    render.film_transparent = order["transparent"]
    settings = render.image_settings
    settings.file_format = name
    settings.color_mode = "RGBA" if order["transparent"] and name != "JPEG" else "RGB"
    for option, value in options.items():
        setattr(settings, option, value)
    # A film-like curve keeps highlights of metal; without more contrast it also washes out their colour.
    for view, look in (("AgX", "AgX - Medium High Contrast"), ("Filmic", "Medium High Contrast")):
        try:
            scene.view_settings.view_transform = view
            scene.view_settings.look = look
            return
        except TypeError:
            pass


guard.run(render)
