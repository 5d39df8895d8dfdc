/* SPDX-License-Identifier: MIT */
/*
 * report_samples - documents of each kind as JSON text, whole and small, for the tests of the report and of thresholds.
 */
#ifndef TESTS_UNIT_LAB_REPORT_SAMPLES_H
#define TESTS_UNIT_LAB_REPORT_SAMPLES_H

#include "lab/report.h"

#define SAMPLE_ORIGIN                                                                                                  \
    "\"origin\":{\"measured_at\":\"2026-01-02T03:04:05Z\",\"command\":\"lab sweep --rate=5\",\"seed\":7,"              \
    "\"interrupted\":false,\"machine\":{\"processor\":\"AMD EPYC\",\"cores\":2,\"memory_bytes\":2147483648,"           \
    "\"system\":\"Linux 6.1\",\"distribution\":\"Debian 12\"},\"versions\":[\"fanlight-lab 0.1.0\"]}"

/* task2 waits for task1 in sync; in async it has no answer. */
#define SAMPLE_EXPERIMENT                                                                                              \
    "{\"version\":1,\"kind\":\"experiment\",\"delay_ms\":2000,\"modes\":["                                             \
    "{\"mode\":\"sync\",\"tasks\":["                                                                                   \
    "{\"name\":\"task1\",\"sent_ms\":0,\"answered_ms\":2001,\"seconds\":2.001,\"status\":200,\"error\":null,"          \
    "\"theory_s\":2,\"theory_earliest_s\":2,\"ratio\":1.0005,\"ok\":true,\"parts\":["                                  \
    "{\"kind\":\"backend\",\"start_ms\":0,\"end_ms\":2001}]},"                                                         \
    "{\"name\":\"task2\",\"sent_ms\":0,\"answered_ms\":4002,\"seconds\":4.002,\"status\":200,\"error\":null,"          \
    "\"theory_s\":4,\"theory_earliest_s\":4,\"ratio\":1.0005,\"ok\":true,\"parts\":["                                  \
    "{\"kind\":\"waiting\",\"start_ms\":0,\"end_ms\":2001},{\"kind\":\"backend\",\"start_ms\":2001,\"end_ms\":4002}]}" \
    "],\"total_s\":4.002,\"theory_s\":4,\"theory_earliest_s\":4,\"ratio\":1.0005,\"ok\":true},"                        \
    "{\"mode\":\"async\",\"tasks\":["                                                                                  \
    "{\"name\":\"task1\",\"sent_ms\":0,\"answered_ms\":2001,\"seconds\":2.001,\"status\":200,\"error\":null,"          \
    "\"theory_s\":2,\"theory_earliest_s\":2,\"ratio\":1.0005,\"ok\":true,\"parts\":[]},"                               \
    "{\"name\":\"task2\",\"sent_ms\":0,\"answered_ms\":null,\"seconds\":null,\"status\":null,"                         \
    "\"error\":\"connection_refused\",\"theory_s\":2,\"theory_earliest_s\":2,\"ratio\":null,\"ok\":false,\"parts\":[]" \
    "}],\"total_s\":null,\"theory_s\":2,\"theory_earliest_s\":2,\"ratio\":null,\"ok\":false}],"                        \
    "\"threads\":16,\"blocking\":[\"task1\"]," SAMPLE_ORIGIN "}"

/* As the first version wrote it. */
#define SAMPLE_PLAIN_EXPERIMENT                                                                                        \
    "{\"version\":1,\"delay_ms\":50,\"modes\":[{\"mode\":\"sync\",\"tasks\":[{\"name\":\"a\",\"sent_ms\":0,"           \
    "\"answered_ms\":51,\"seconds\":0.051,\"status\":200}],\"total_s\":0.051,\"theory_s\":0.05,\"ratio\":1.02,"        \
    "\"ok\":true}]}"

#define SAMPLE_HELLO                                                                                                   \
    "{\"version\":1,\"kind\":\"hello\",\"requests\":1000,\"clients\":[1,2],\"repeats\":3,\"rows\":["                   \
    "{\"name\":\"published\",\"kind\":\"published\",\"title\":\"as published\",\"client\":\"aiohttp\","                \
    "\"seconds\":[0.464,0.413]},"                                                                                      \
    "{\"name\":\"sync\",\"kind\":\"measured\",\"title\":\"a backend of 1 ms, sync\",\"url\":\"http://127.0.0.1:1/\","  \
    "\"mode\":\"sync\",\"client\":\"light\",\"seconds\":[{\"median\":1.2,\"least\":1.1,\"most\":1.3},null],"           \
    "\"client_cpu_s\":[0.02,null],\"server_cpu_s\":[0.09,null],\"limit\":[\"backend\",null],\"theory_s\":[1,2],"       \
    "\"failed\":3}],\"findings\":[\"It grows.\"]," SAMPLE_ORIGIN "}"

#define SAMPLE_SPREAD(median, least, most) "{\"median\":" median ",\"least\":" least ",\"most\":" most "}"
#define SAMPLE_LATENCY(p50, p99, bound)                                                                                \
    "{\"p50\":" SAMPLE_SPREAD(p50, p50, p50) ",\"p90\":" SAMPLE_SPREAD(                                                \
        p50, p50, p50) ",\"p99\":{\"median\":" p99 ",\"least\":" p99 ",\"most\":" p99 ",\"is_lower_bound\":" bound     \
                       "},\"max\":" SAMPLE_SPREAD(p99, p99, p99) "}"
#define SAMPLE_POINT(of_case, mode, clients, throughput, latency)                                                      \
    "{\"case\":" of_case ",\"mode\":\"" mode "\",\"delay\":\"50ms\",\"fan_out\":10,\"load\":\"closed\",\"clients\":"   \
    "" clients ",\"rate\":null,\"bytes\":null,\"requests\":100,\"failed\":0,\"unanswered\":0,\"errors\":{},"           \
    "\"throughput\":" throughput ",\"latency_ms\":" latency                                                            \
    ",\"gateway\":{\"cpu_us_per_request\":" SAMPLE_SPREAD("120", "110", "130") ",\"resident_bytes\":" SAMPLE_SPREAD(   \
        "10485760", "10485760", "10485760") ",\"threads\":3},\"limit\":\"none\",\"theory\":{\"throughput\":20,"        \
                                            "\"p50_ms\":50,\"p99_ms\":50,\"why\":\"all calls run at once\"}}"

/* Less than all members may have: what is optional is left out of the points, and no string of C is longer than 4095.
 * A case; sync at 1 and 64 clients, the latter known only as "at least 900 ms"; async at 64 and 1. */
#define SAMPLE_SWEEP                                                                                                                                          \
    "{\"version\":1,\"kind\":\"sweep\",\"settings\":{\"threads\":16,\"workers\":1,\"blocking\":[\"task1\"],"                                                  \
    "\"warm_up_ms\":250,\"duration_ms\":1000,\"repeats\":3},\"cases\":[{\"name\":\"one-client\",\"title\":"                                                   \
    "\"One client\",\"sentence\":\"Nobody "                                                                                                                   \
    "waits.\",\"axis\":\"clients\",\"modes\":[\"sync\"]}],\"points\":[" SAMPLE_POINT(                                                                         \
        "null", "sync", "1", SAMPLE_SPREAD("19.5", "19", "20"),                                                                                               \
        SAMPLE_LATENCY(                                                                                                                                       \
            "51", "55",                                                                                                                                       \
            "false")) "," SAMPLE_POINT("null", "async", "64", SAMPLE_SPREAD("1200", "1150", "1250"),                                                          \
                                       SAMPLE_LATENCY(                                                                                                        \
                                           "52", "81.5",                                                                                                      \
                                           "false")) "," SAMPLE_POINT("null", "sync", "64",                                                                   \
                                                                      SAMPLE_SPREAD("19.4", "19", "20"),                                                      \
                                                                      SAMPLE_LATENCY(                                                                         \
                                                                          "800", "900",                                                                       \
                                                                          "true")) "," SAMPLE_POINT("null", "async",                                          \
                                                                                                    "1",                                                      \
                                                                                                    SAMPLE_SPREAD(                                            \
                                                                                                        "19.6", "19",                                         \
                                                                                                        "20"),                                                \
                                                                                                    SAMPLE_LATENCY(                                           \
                                                                                                        "51", "54",                                           \
                                                                                                        "false")) "," SAMPLE_POINT("\"one-client\"",          \
                                                                                                                                   "sync",                    \
                                                                                                                                   "1",                       \
                                                                                                                                   "null",                    \
                                                                                                                                   "null") "]," SAMPLE_ORIGIN \
                                                                                                                                           "}"

#endif
