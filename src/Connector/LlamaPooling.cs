namespace CurKv.Connector;

/// <summary>How the vectors of a text's tokens become the text's.</summary>
public enum LlamaPooling
{
    /// <summary>As the model says; where it says nothing, as <see cref="Mean"/>.</summary>
    ModelDefault,

    /// <summary>The mean of all.</summary>
    Mean,

    /// <summary>The first token's, which models of the BERT kind are trained to sum a text up in.</summary>
    Cls,

    /// <summary>The last token's, in which a causal model has seen all of the text.</summary>
    Last,
}
