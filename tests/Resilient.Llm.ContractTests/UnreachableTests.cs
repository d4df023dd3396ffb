using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Faults that come before a provider sees anything of a request.</summary>
public class UnreachableTests
{
    public static TheoryData<string, WireProtocol, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, WireProtocol, bool>();
            foreach (var fault in new[] { "refused", "unknown host", "not TLS" })
            {
                foreach (var way in Ways.All)
                {
                    cases.Add(fault, (WireProtocol)way[0], (bool)way[1]);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Ladder_PrimaryCannotBeReached_StepsDown(string fault, WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("One two."));
        using var http = new HttpClient(new Detour(fault));
        if (fault == "refused")
        {
            await providers.Primary.DisposeAsync();
        }

        var ladder = providers.Ladder(primaryClient: providers.Primary.Client(primary, http));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(TwoProviders.FallbackText, heard.Text);
        Assert.Equal([FailureKind.Network, null], heard.Report!.Attempts.Select(static attempt => attempt.Failure));
        Assert.Equal(1, providers.PrimaryCircuit.Counts.Failures);
        Assert.Equal(0, providers.Primary.Calls);
    }

    /// <summary>Sends requests where nobody answers as expected.</summary>
    private sealed class Detour(string fault) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var address = new UriBuilder(request.RequestUri!);
            switch (fault)
            {
                case "unknown host":
                    // Reserved by RFC 2606: it never resolves.
                    address.Host = "provider.invalid";
                    break;
                case "not TLS":
                    address.Scheme = Uri.UriSchemeHttps;
                    break;
            }

            request.RequestUri = address.Uri;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
