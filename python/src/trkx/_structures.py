"""The structures of include/trkx.h, in its order; see there for the meaning of each member."""
import ctypes as c

I32, I64, U32, F32, F64 = (c.POINTER(t) for t in (c.c_int32, c.c_int64, c.c_uint32, c.c_float, c.c_double))
SIZES = c.POINTER(c.c_size_t)


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("message", c.c_char * 1024)]


class HitsColumn(c.Structure):
    _fields_ = [("name", c.c_char_p), ("values", F32)]


class Hits(c.Structure):
    _fields_ = [("count", c.c_size_t), ("hit_id", I64), ("xyz", F32), ("volume_id", I32), ("layer_id", I32),
                ("module_id", I32), ("cell_begin", SIZES), ("cell_ch0", I32), ("cell_ch1", I32), ("cell_value", F32),
                ("columns_count", c.c_size_t), ("columns", c.POINTER(HitsColumn))]


class Truth(c.Structure):
    _fields_ = [("count", c.c_size_t), ("particle_id", I64), ("xyz", F32), ("pxyz", F32), ("weight", F64)]


class Particles(c.Structure):
    _fields_ = [("count", c.c_size_t), ("particle_id", I64), ("particle_type", I32), ("vxyz", F32), ("pxyz", F32),
                ("charge", I32), ("nhits", I32)]


class FeatureSpec(c.Structure):
    _fields_ = [("feature", c.c_int), ("scale", c.c_double), ("column", c.c_char_p)]


class Edges(c.Structure):
    _fields_ = [("count", c.c_size_t), ("index", I64), ("saturated", c.c_size_t)]


class EdgesOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("radius", c.c_double), ("k", c.c_size_t), ("threads", c.c_int),
                ("ks", U32)]


class LabellingOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("cut", c.c_float), ("min_hits", c.c_size_t), ("threads", c.c_int)]


class WalkthroughOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("cut", c.c_float), ("min_score", c.c_float), ("add_score", c.c_float),
                ("min_hits", c.c_size_t), ("xyz", F32)]


class CompleteOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("match", c.c_double), ("search", c.c_double), ("exchange", c.c_double),
                ("rounds", c.c_size_t), ("chain_hits", c.c_size_t), ("chain_score", c.c_double),
                ("min_hits", c.c_size_t), ("threads", c.c_int)]


class MetricsOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("min_hits", c.c_size_t), ("match_fraction", c.c_double)]


class Efficiency(c.Structure):
    _fields_ = [("min_pt", c.c_double), ("particles", c.c_size_t), ("matched", c.c_size_t),
                ("efficiency", c.c_double), ("error", c.c_double)]


class Metrics(c.Structure):
    _fields_ = [
        ("trackml_score", c.c_double),
        *((name, c.c_size_t) for name in ("hits", "noise_hits", "hits_on_tracks", "tracks", "matched", "fragments",
                                          "fakes", "duplicates")),
        *((name, c.c_double) for name in ("fragment_rate", "fake_rate", "duplicate_rate", "hit_purity")),
        *((name, Efficiency) for name in ("all", "above_500_mev", "above_1_gev")),
        ("has_pt", c.c_bool), ("has_kinds", c.c_bool), ("given_weights", c.c_int),
        *((name, c.c_double) for name in ("trackml_score_phase1", "trackml_score_phase2")),
        *((name, Efficiency) for name in ("from_beam", "from_decays", "from_material")),
        *((name, c.c_double) for name in ("beam_weight", "decays_weight", "material_weight")),
    ]


class SimulateOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("seed", c.c_uint64), ("particles", c.c_size_t), ("sigma_z", c.c_double),
                ("noise", c.c_double), ("detector", c.c_void_p), ("cells", c.c_bool), ("threads", c.c_int),
                ("density", c.c_double), ("cluster_thickness", c.c_double)]


class BundleInfo(c.Structure):
    _fields_ = [("directory", c.c_char_p), ("name", c.c_char_p), ("detector", c.c_char_p),
                ("features", c.POINTER(FeatureSpec)), ("features_count", c.c_size_t), ("dim", c.c_size_t),
                ("radius", c.c_double), ("k", c.c_size_t), ("filter_cut", c.c_float), ("gnn_cut", c.c_float),
                ("method", c.c_char_p), ("completes", c.c_bool), ("candidate_cut", c.c_float),
                ("min_hits", c.c_size_t), ("own_ks", c.c_bool), ("has_second", c.c_bool)]


class PipelineOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("threads", c.c_int), ("filter_batch", c.c_size_t), ("detectors", c.c_char_p),
                ("kernels", c.c_int), ("device", c.c_char_p), ("max_memory", c.c_size_t), ("tf32", c.c_bool),
                ("filter_cut", c.c_double), ("gnn_cut", c.c_double), ("min_hits", c.c_size_t), ("method", c.c_char_p)]


class DeviceInfo(c.Structure):
    _fields_ = [("device", c.c_char_p), ("count", c.c_size_t), ("description", c.c_char_p), ("fallback", c.c_char_p)]


class StepRecord(c.Structure):
    _fields_ = [("step", c.c_int), ("nodes", c.c_size_t), ("edges", c.c_size_t), ("seconds", c.c_double),
                ("cpu_seconds", c.c_double), ("peak_bytes", c.c_size_t), ("has_truth", c.c_bool),
                ("edge_efficiency", c.c_double), ("edge_purity", c.c_double)]


class RunOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("hook", c.c_void_p), ("user", c.c_void_p), ("truth", c.POINTER(Truth)),
                ("particles", c.POINTER(Particles)), ("keep_edges", c.c_bool), ("copies", c.c_bool)]


class Result(c.Structure):
    _fields_ = [("hits", c.c_size_t), ("labels", I32), ("tracks", c.c_size_t), ("saturated", c.c_size_t),
                ("steps", StepRecord * 12), ("steps_count", c.c_size_t), ("total", StepRecord), ("edges", Edges),
                ("scores", F32), ("hits_on_tracks", c.c_size_t), ("method_tracks", c.c_size_t),
                ("method_hits", c.c_size_t), ("truth_note", c.c_char_p), ("pipeline", c.c_void_p),
                ("bundle_note", c.c_char_p), ("found_modules", c.c_bool), ("first_tracks", c.c_size_t),
                ("first_hits", c.c_size_t)]


class TracksInput(c.Structure):
    _fields_ = [("hits", c.POINTER(Hits)), ("edges", c.POINTER(Edges)), ("scores", F32),
                ("candidates", c.POINTER(Edges))]
