"""Makes a description smaller as long as it fails, until a person can read it."""

import copy
import itertools


def without_repeats(description):
    """Every node on its own."""
    def substitute(value, number):
        if isinstance(value, str):
            return value.replace("{i}", str(number))
        if isinstance(value, list):
            return [substitute(element, number) for element in value]
        if isinstance(value, dict):
            return {key: substitute(element, number) for key, element in value.items()}
        return value

    nodes, previous = [], description["inputs"][0]["name"]
    for node in description["nodes"]:
        first = node.get("first", 0)
        rounds = range(first, first + node["repeat"]) if "repeat" in node else [None]
        for number in rounds:
            for inner in node["nodes"] if "repeat" in node else [node]:
                inner = substitute(inner, number) if number is not None else dict(inner)
                if isinstance(inner.get("inputs"), str):
                    inner["inputs"] = [inner["inputs"]]
                if "inputs" not in inner and inner["op"] != "parameter":
                    inner["inputs"] = [previous]
                nodes.append(inner)
                previous = inner["name"]
    outputs = [{"name": output["name"], "from": output.get("from") or default_node(output["name"], nodes)}
               for output in description["outputs"]]
    return {**description, "nodes": nodes, "outputs": outputs}


def default_node(output, nodes):
    return output if any(node["name"] == output for node in nodes) else nodes[-1]["name"]


def without_dead(description):
    """Only what an output needs."""
    needed = {output["from"] for output in description["outputs"]}
    nodes = []
    for node in reversed(description["nodes"]):
        if node["name"] in needed:
            nodes.insert(0, node)
            needed.update(node.get("inputs", []))
    inputs = [value for value in description["inputs"] if value["name"] in needed] or description["inputs"][:1]
    return {**description, "inputs": inputs, "nodes": nodes}


def candidates(description, shapes):
    """Descriptions that are simpler by one step, the greatest steps first. `shapes`: of all nodes."""
    nodes = description["nodes"]

    def changed(change):
        result = copy.deepcopy(description)
        change(result)
        return without_dead(result)

    if len(description["outputs"]) > 1:
        for output in description["outputs"]:
            yield without_dead({**description, "outputs": [output]})
    # Another node's value is looked at instead.
    for node in nodes:
        yield without_dead({**description, "outputs": [{"name": "y", "from": node["name"]}]})

    def replace(result, old, new):
        for node in result["nodes"]:
            node["inputs"] = [new if name == old else name for name in node.get("inputs", [])]
        for output in result["outputs"]:
            if output["from"] == old:
                output["from"] = new

    for index, node in enumerate(nodes):
        # A node is replaced by one of its inputs, or by an input of the model.
        for name in node.get("inputs", []):
            yield changed(lambda result, node=node, name=name: replace(result, node["name"], name))
        if node["name"] in shapes and index + 1 < len(nodes):
            def cut(result, node=node):
                name = f"cut_{node['name']}"
                result["inputs"].append({"name": name, "shape": shapes[node["name"]]})
                replace(result, node["name"], name)
            yield changed(cut)
        for key in list(node):
            if key not in ("name", "op", "inputs", "parameters"):
                yield changed(lambda result, index=index, key=key: result["nodes"][index].pop(key))
        if isinstance(node.get("parameters"), dict):
            for key in list(node["parameters"]):
                yield changed(lambda result, index=index, key=key: result["nodes"][index]["parameters"].pop(key))
            yield changed(lambda result, index=index: result["nodes"][index].pop("parameters"))
        if len(node.get("inputs", [])) > 1:
            for place in range(len(node["inputs"])):
                yield changed(lambda result, index=index, place=place: result["nodes"][index]["inputs"].pop(place))
    yield from smaller_sizes(description)


def smaller_sizes(description):
    """One number everywhere it stands becomes a smaller one: sizes that belong together stay together."""
    numbers = set()

    def visit(value, change=None):
        if isinstance(value, bool) or not isinstance(value, (int, list, dict)):
            return value
        if isinstance(value, int):
            numbers.add(value)
            return change(value) if change else value
        if isinstance(value, list):
            return [visit(element, change) for element in value]
        return {key: element if key in ("version", "dim", "permutation", "name") else visit(element, change)
                for key, element in value.items()}

    parts = {key: description[key] for key in ("inputs", "nodes")}
    visit(parts)
    for number, smaller in itertools.product(sorted(numbers, reverse=True), (1, 2, 4, 8)):
        if smaller < number:
            yield {**description, **visit(parts, lambda n, old=number, new=smaller: new if n == old else n)}


def reduce(description, fails, shapes_of, limit=400):
    """The smallest description found for which `fails` is true, after at most `limit` attempts. `shapes_of` gives the
    shapes of a description's nodes by name."""
    current = without_dead(without_repeats(description))
    if not fails(current):
        return description
    attempts, progress = 0, True
    while progress and attempts < limit:
        progress = False
        for candidate in candidates(current, shapes_of(current)):
            if candidate == current or not candidate["nodes"]:
                continue
            attempts += 1
            if fails(candidate):
                current, progress = candidate, True
                break
            if attempts >= limit:
                break
    return current
