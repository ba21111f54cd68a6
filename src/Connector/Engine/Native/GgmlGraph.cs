namespace CurKv.Connector.Engine.Native;

/// <summary>A graph that is built, computed and built again, in memory that is kept: as much as the largest graph needs at once.</summary>
/// <remarks>Used by one thread at a time. ggml ends the process on operations whose shapes do not fit each other.</remarks>
internal sealed unsafe class GgmlGraph : IDisposable
{
    private readonly GgmlBackend _backend;
    private readonly nint _allocator;
    private nuint _capacity;
    private nint _graph;

    /// <summary>Creates a graph without nodes; <see cref="Start"/> has to be called first.</summary>
    /// <param name="backend">What computes it; the caller disposes of it after the graph.</param>
    public GgmlGraph(GgmlBackend backend)
    {
        _backend = backend;
        _allocator = GgmlGaps.ggml_gallocr_new(GgmlGaps.ggml_backend_get_default_buffer_type(backend.Handle));
    }

    /// <summary>ggml's <c>ggml_context</c>, which new tensors are made in.</summary>
    public nint Context { get; private set; }

    /// <summary>Forgets all nodes.</summary>
    /// <param name="tensors">How many tensors and views the next graph has, at most.</param>
    public void Start(int tensors)
    {
        nuint capacity = (nuint)tensors;
        if (Context == 0 || capacity > _capacity)
        {
            FreeContext();
            Context = GgmlGaps.ggml_init(new GgmlContextParameters((capacity * GgmlGaps.ggml_tensor_overhead()) + GgmlGaps.ggml_graph_overhead_custom(capacity, gradients: false)));
            _capacity = capacity;
        }

        GgmlGaps.ggml_reset(Context);
        _graph = GgmlGaps.ggml_new_graph_custom(Context, _capacity, gradients: false);
    }

    /// <summary>A tensor that <see cref="Set"/> fills or that nodes copy into. One that no node uses gets no memory.</summary>
    public GgmlTensor* Tensor(int type, long extent0, long extent1)
    {
        GgmlTensor* tensor = GgmlGaps.ggml_new_tensor_2d(Context, type, extent0, extent1);
        GgmlGaps.ggml_set_input(tensor);
        GgmlGaps.ggml_set_output(tensor);
        return tensor;
    }

    /// <summary>Other elements over the memory of a tensor.</summary>
    public GgmlTensor* Alias(GgmlTensor* tensor, int type, long extent0, long extent1)
    {
        GgmlTensor* alias = GgmlGaps.ggml_new_tensor_2d(Context, type, extent0, extent1);
        return GgmlGaps.ggml_backend_tensor_alloc(tensor->Buffer, alias, tensor->Data) == 0
            ? alias
            : throw new LlamaException($"ggml gave no second view of the cache on {_backend.Name}.");
    }

    /// <summary>Whether the backend can compute a node.</summary>
    public bool CanCompute(GgmlTensor* node) => GgmlGaps.ggml_backend_supports_op(_backend.Handle, node);

    /// <summary>Has a node computed, behind the nodes that were added before it.</summary>
    /// <returns>The node.</returns>
    /// <exception cref="LlamaException">The backend cannot compute it.</exception>
    public GgmlTensor* Add(GgmlTensor* node)
    {
        if (!CanCompute(node))
        {
            throw new LlamaException($"{_backend.Name} cannot compute {LlamaGaps.OperationName(node)} on the cache.");
        }

        GgmlGaps.ggml_build_forward_expand(_graph, node);
        return node;
    }

    /// <summary>Places all tensors in memory.</summary>
    /// <exception cref="LlamaException">The device has not so much memory left.</exception>
    public void Allocate()
    {
        if (!GgmlGaps.ggml_gallocr_alloc_graph(_allocator, _graph))
        {
            throw new LlamaException($"{_backend.Name} has no memory left to compress the cache in. {NativeLog.LastErrors()}");
        }
    }

    /// <summary>Fills a tensor, once all have memory.</summary>
    public static void Set<T>(GgmlTensor* tensor, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        fixed (T* source = values)
        {
            GgmlGaps.ggml_backend_tensor_set(tensor, source, 0, (nuint)values.Length * (nuint)sizeof(T));
        }
    }

    /// <summary>Computes all nodes and waits for them.</summary>
    /// <exception cref="LlamaException">The backend failed.</exception>
    public void Compute()
    {
        int status = GgmlGaps.ggml_backend_graph_compute(_backend.Handle, _graph);
        GgmlGaps.ggml_backend_synchronize(_backend.Handle);
        if (status != 0)
        {
            throw new LlamaException($"{_backend.Name} failed with status {status} while it compressed the cache. {NativeLog.LastErrors()}");
        }
    }

    public void Dispose()
    {
        FreeContext();
        GgmlGaps.ggml_gallocr_free(_allocator);
    }

    private void FreeContext()
    {
        if (Context != 0)
        {
            GgmlGaps.ggml_free(Context);
            Context = 0;
        }
    }
}
