using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Resilient.Llm.Loopback;

/// <summary>
/// What Kestrel needs to serve one delegate: no host, no routing, nothing read from the environment, up in a few milliseconds.
/// </summary>
internal sealed class LoopbackApplication(Func<HttpContext, Task> serve) : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => serve(context);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }
}
