using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Points;

namespace Resilient.Llm.Chaos;

/// <summary>A generator that experiments can sever, slow down or hang by name (<see cref="ChaosBlastRadius.Dependencies"/>).</summary>
/// <remarks>Thread-safe if the inner generator is. Disposes the inner generator, but not the controller.</remarks>
/// <typeparam name="TInput">What is embedded.</typeparam>
/// <typeparam name="TEmbedding">What comes of it.</typeparam>
/// <param name="inner">The inner generator.</param>
/// <param name="chaos">The controller of the experiments.</param>
/// <param name="name">The name of this chaos point, for targeting.</param>
public sealed class ChaosEmbeddingGenerator<TInput, TEmbedding>(
    IEmbeddingGenerator<TInput, TEmbedding> inner, ChaosController chaos, string name)
    : DelegatingEmbeddingGenerator<TInput, TEmbedding>(inner)
    where TEmbedding : Embedding
{
    private readonly ChaosController _chaos = chaos ?? throw new ArgumentNullException(nameof(chaos));
    private readonly string _name = ChaosPoint.Named(name);

    /// <inheritdoc/>
    public override Task<GeneratedEmbeddings<TEmbedding>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var pass = _chaos.PassAsync(_name, cancellationToken);
        return pass.IsCompletedSuccessfully ? InnerGenerator.GenerateAsync(values, options, cancellationToken) : PassedAsync();

        async Task<GeneratedEmbeddings<TEmbedding>> PassedAsync()
        {
            await pass.ConfigureAwait(false);
            return await InnerGenerator.GenerateAsync(values, options, cancellationToken).ConfigureAwait(false);
        }
    }
}
