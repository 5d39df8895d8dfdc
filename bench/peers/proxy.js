// SPDX-License-Identifier: MIT
//
// proxy - the gateway in Node's http module: Promise.all over calls of one agent that keeps its connections.
//
// usage: node proxy.js PORT BACKEND_PORT [LOG_FILE]
//
// Bodies are stored and put together as bytes; nobody looks whether they are JSON.
'use strict';

const fs = require('fs');
const http = require('http');

const [port, backendPort, logFile] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 20000, scheduling: 'lifo' });
const log = logFile ? fs.createWriteStream(logFile, { highWaterMark: 64 * 1024 }) : null;

function answer(request, response, type, status, body) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
  if (log) {
    log.write(`${request.socket.remoteAddress} - - [${new Date().toISOString()}] ` +
      `"${request.method} ${request.url} HTTP/${request.httpVersion}" ${status} ${body.length}\n`);
  }
}

function call(path) {
  return new Promise((resolve, reject) => {
    http.get({ agent, host: '127.0.0.1', port: backendPort, path }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) {
          resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts));
        } else {
          reject(new Error(`status ${response.statusCode}`));
        }
      });
    }).on('error', reject);
  });
}

async function one(request, response) {
  const body = await call(request.url);
  answer(request, response, 'application/json', 200, Buffer.concat([Buffer.from('{"res":'), body, Buffer.from('}')]));
}

async function fanOut(request, response) {
  const count = Number(new URLSearchParams(request.url.split('?')[1]).get('n'));
  const calls = [];
  for (let i = 1; i <= count; i++) {
    calls.push(call(`/task${i}`));
  }
  const bodies = await Promise.all(calls);
  const members = bodies.map((body, i) => `"task${i + 1}":${body.toString()}`);
  answer(request, response, 'application/json', 200, `{${members.join(',')}}`);
}

const server = http.createServer((request, response) => {
  if (request.url === '/hello') {
    answer(request, response, 'text/plain', 200, 'Hello world');
    return;
  }
  const done = request.url.startsWith('/fanout?') ? fanOut(request, response) : one(request, response);
  done.catch((error) => answer(request, response, 'text/plain', 502, error.message));
});
server.keepAliveTimeout = 3600 * 1000;
server.requestTimeout = 0;
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
