namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>The style sheet of a scorecard: no external resources, light and dark, for narrow screens and print.</summary>
internal static class ScorecardStyle
{
    public const string Sheet = """
        :root {
          color-scheme: light dark;
          --ground: #ffffff; --ink: #1f2733; --quiet: #5b6675; --line: #d9dee5; --card: #f5f7fa;
          --m0: #2563eb; --m1: #0d9488; --m2: #65a30d; --m3: #0891b2; --m4: #64748b; --cache: #d97706; --last: #9333ea; --bad: #dc2626; --good: #15803d;
          --band: #dc262614; --flag: #dc262626;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #12161c; --ink: #e6eaf0; --quiet: #9aa5b4; --line: #2e3743; --card: #1a2029;
            --m0: #60a5fa; --m1: #2dd4bf; --m2: #a3e635; --m3: #22d3ee; --m4: #94a3b8; --cache: #fbbf24; --last: #c084fc; --bad: #f87171; --good: #4ade80;
            --band: #f871711f; --flag: #f8717140;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 60px; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px; overflow-wrap: anywhere; }
        h2 { font-size: 18px; margin: 34px 0 8px; }
        p { margin: 6px 0; max-width: 80ch; }
        .quiet { color: var(--quiet); }
        .verdict { display: inline-block; margin: 10px 0; padding: 6px 14px; border: 2px solid; border-radius: 8px; font-weight: 600; }
        .held { color: var(--good); } .lost { color: var(--bad); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 10px; margin: 16px 0; }
        .tile { background: var(--card); border-radius: 8px; padding: 10px 14px; }
        .tile b { display: block; font-size: 21px; line-height: 1.3; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; }
        th, td { text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; min-width: 56px; }
        th { color: var(--quiet); font-weight: 600; }
        .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 16px; }
        .t { white-space: nowrap; }
        svg.chart { display: block; width: 100%; min-width: 720px; height: auto; font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        svg text { fill: var(--ink); } svg text.axis { fill: var(--quiet); }
        .grid { stroke: var(--line); } .base { stroke: var(--quiet); }
        .band rect { fill: var(--band); } .band rect.flag { fill: var(--flag); } .band text { font-size: 11px; }
        .m0 { fill: var(--m0); } .m1 { fill: var(--m1); } .m2 { fill: var(--m2); } .m3 { fill: var(--m3); } .m4 { fill: var(--m4); }
        .cache { fill: var(--cache); } .last { fill: var(--last); } .failed { fill: var(--bad); }
        polyline { fill: none; stroke-width: 2; stroke-linejoin: round; } polyline.p50 { stroke: var(--m0); } polyline.p99 { stroke: var(--cache); stroke-dasharray: 5 3; }
        circle.p50 { fill: var(--m0); } circle.p99 { fill: var(--cache); }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 4px 0 8px; color: var(--quiet); font-size: 14px; }
        .legend svg { width: 12px; height: 12px; margin-right: 6px; vertical-align: -1px; }
        @media print { .wide { overflow: visible; } svg.chart { min-width: 0; } }
        """;
}
