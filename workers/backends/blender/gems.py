"""Stones: the importer brings transmission and index of refraction, but neither the colour of the body nor dispersion."""

import json
import math
import struct

import bpy


def described(path):
    """Name of the material -> what the GLB says of it, for materials that let light through."""
    with open(path, "rb") as file:
        file.seek(12)
        length, _kind = struct.unpack("<II", file.read(8))
        gltf = json.loads(file.read(length))
    found = {}
    for material in gltf.get("materials", []):
        extensions = material.get("extensions", {})
        if extensions.get("KHR_materials_transmission", {}).get("transmissionFactor", 0) > 0.5:
            found[material.get("name", "")] = extensions
    return found


def apply(path, scale):
    """Gives those materials glass whose colours part, and a body that takes colour with depth. `scale`: scene units per metre."""
    for name, extensions in described(path).items():
        material = bpy.data.materials.get(name)
        if material is not None:
            _glass(material, extensions, scale)


def _glass(material, extensions, scale):
    ior = extensions.get("KHR_materials_ior", {}).get("ior", 1.5)
    # 20 / Abbe number; the Abbe number is (n - 1) / (nF - nC).
    spread = (ior - 1) * extensions.get("KHR_materials_dispersion", {}).get("dispersion", 0) / 20
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    # Red lies near the C line, blue near the F line, and the index is given for the d line in between.
    shares = [((1, 0, 0, 1), -0.3), ((0, 1, 0, 1), 0.1), ((0, 0, 1, 1), 0.7)]
    glasses = [_glass_node(tree, color, ior + spread * share) for color, share in shares]
    surface = glasses[0]
    for glass in glasses[1:]:
        both = tree.nodes.new("ShaderNodeAddShader")
        tree.links.new(surface.outputs[0], both.inputs[0])
        tree.links.new(glass.outputs[0], both.inputs[1])
        surface = both
    tree.links.new(surface.outputs[0], output.inputs["Surface"])
    volume = extensions.get("KHR_materials_volume", {})
    color, distance = volume.get("attenuationColor", [1, 1, 1]), volume.get("attenuationDistance")
    if distance:
        _body(tree, output, color, distance * scale)


def _glass_node(tree, color, ior):
    node = tree.nodes.new("ShaderNodeBsdfGlass")
    node.inputs["Color"].default_value = color
    node.inputs["Roughness"].default_value = 0
    node.inputs["IOR"].default_value = ior
    return node


def _body(tree, output, color, distance):
    """Beer and Lambert: what is left after `distance` is `color`. The node takes density * (1 - colour) per unit of length."""
    taken = [-math.log(min(1, max(channel, 1e-4))) / distance for channel in color]
    density = max(taken)
    if density <= 0:
        return
    node = tree.nodes.new("ShaderNodeVolumeAbsorption")
    node.inputs["Density"].default_value = density
    node.inputs["Color"].default_value = (*[1 - it / density for it in taken], 1)
    tree.links.new(node.outputs[0], output.inputs["Volume"])
