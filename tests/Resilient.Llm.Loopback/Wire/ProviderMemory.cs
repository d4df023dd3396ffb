using System.Security.Cryptography;
using System.Text;

namespace Resilient.Llm.Loopback;

/// <summary>
/// What one provider knows and no other does: how it signs reasoning, which items and responses it has made. Two providers never share
/// a name, so that what one has signed or stored means nothing to another.
/// </summary>
internal sealed class ProviderMemory
{
    private static int s_providers;

    public string Name { get; } = $"p{Interlocked.Increment(ref s_providers)}";

    public ResponsesStore Responses { get; } = new();

    /// <summary>The signature of reasoning: it names the provider, and it fits this text only.</summary>
    public string Sign(string text) => $"{Prefix}{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]}";

    public bool HasSigned(string text, string signature) => signature == Sign(text);

    /// <summary>Reasoning that only this provider can read.</summary>
    public string Encrypt(string text) => Prefix + Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public bool CanDecrypt(string encrypted) => encrypted.StartsWith(Prefix, StringComparison.Ordinal);

    private string Prefix => $"loopback-{Name}-";
}
