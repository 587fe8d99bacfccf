"""What this Blender can do: version, engines, denoisers, devices, formats that it writes."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bpy
import formats
import guard
import numpy_shim


def look(_order):
    try:
        numpy = numpy_shim.apply()
    except ImportError:
        numpy = None
    return {
        "version": ".".join(str(part) for part in bpy.app.version),
        "numpy": numpy,
        "engines": engines(),
        "denoisers": denoisers(),
        "devices": devices(),
        "formats": formats.writable(),
    }


def engines():
    found = []
    for engine in ("CYCLES", "BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH"):
        try:
            bpy.context.scene.render.engine = engine
            found.append(engine)
        except TypeError:
            pass
    return found


def denoisers():
    """The list of the add-on is empty where Blender was built without any, as Debian's is."""
    try:
        import _cycles
    except ImportError:
        return []
    return ["OPENIMAGEDENOISE"] if getattr(_cycles, "with_openimagedenoise", False) else []


def devices():
    addon = bpy.context.preferences.addons.get("cycles")
    if addon is None:
        return []
    found = []
    for kind, *_ in addon.preferences.get_device_types(bpy.context):
        if kind == "NONE":
            continue
        try:
            addon.preferences.compute_device_type = kind
            addon.preferences.refresh_devices() if hasattr(addon.preferences, "refresh_devices") else None
        except Exception:
            continue
        found += [f"{kind}: {device.name}" for device in addon.preferences.devices if device.type == kind]
    addon.preferences.compute_device_type = "NONE"
    return found


guard.run(look)
