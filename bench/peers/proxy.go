// SPDX-License-Identifier: MIT
//
// proxy - the gateway in Go's net/http: a goroutine for each call, one transport that keeps its connections.
//
// usage: proxy -listen 127.0.0.1:8080 -backend http://127.0.0.1:9000 [-log FILE]
//
// Bodies are stored and put together as bytes; nobody looks whether they are JSON.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

const keptConnections = 20000

type proxy struct {
	backend string
	client  *http.Client
	log     *requestLog
}

// A line for each request, written out once a second or when 64 KiB are full.
type requestLog struct {
	lock   sync.Mutex
	writer *bufio.Writer
}

func openLog(path string) *requestLog {
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	requests := &requestLog{writer: bufio.NewWriterSize(file, 64*1024)}
	go func() {
		for range time.Tick(time.Second) {
			requests.lock.Lock()
			requests.writer.Flush()
			requests.lock.Unlock()
		}
	}()
	return requests
}

func (l *requestLog) add(request *http.Request, status int, size int) {
	l.lock.Lock()
	defer l.lock.Unlock()
	fmt.Fprintf(l.writer, "%s - - [%s] \"%s %s %s\" %d %d\n", request.RemoteAddr,
		time.Now().Format("02/Jan/2006:15:04:05 -0700"), request.Method, request.URL.RequestURI(), request.Proto,
		status, size)
}

func (p *proxy) answer(w http.ResponseWriter, request *http.Request, contentType string, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
	if p.log != nil {
		p.log.add(request, status, len(body))
	}
}

func (p *proxy) call(request *http.Request, target string) ([]byte, error) {
	call, err := http.NewRequestWithContext(request.Context(), "GET", p.backend+target, nil)
	if err != nil {
		return nil, err
	}
	response, err := p.client.Do(call)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	if response.ContentLength < 0 {
		return io.ReadAll(response.Body)
	}
	body := make([]byte, response.ContentLength)
	_, err = io.ReadFull(response.Body, body)
	return body, err
}

func (p *proxy) hello(w http.ResponseWriter, request *http.Request) {
	p.answer(w, request, "text/plain", http.StatusOK, []byte("Hello world"))
}

func (p *proxy) one(w http.ResponseWriter, request *http.Request) {
	body, err := p.call(request, request.URL.RequestURI())
	if err != nil {
		p.answer(w, request, "text/plain", http.StatusBadGateway, []byte(err.Error()))
		return
	}
	var merged bytes.Buffer
	merged.Grow(len(body) + 16)
	merged.WriteString(`{"res":`)
	merged.Write(body)
	merged.WriteByte('}')
	p.answer(w, request, "application/json", http.StatusOK, merged.Bytes())
}

func (p *proxy) fanOut(w http.ResponseWriter, request *http.Request) {
	count, err := strconv.Atoi(request.URL.Query().Get("n"))
	if err != nil || count < 1 || count > 256 {
		p.answer(w, request, "text/plain", http.StatusBadRequest, []byte("n"))
		return
	}
	bodies := make([][]byte, count)
	failures := make([]error, count)
	var calls sync.WaitGroup
	calls.Add(count)
	for i := 0; i < count; i++ {
		go func(i int) {
			defer calls.Done()
			bodies[i], failures[i] = p.call(request, "/task"+strconv.Itoa(i+1))
		}(i)
	}
	calls.Wait()
	var merged bytes.Buffer
	separator := `{"task`
	for i := 0; i < count; i++ {
		if failures[i] != nil {
			p.answer(w, request, "text/plain", http.StatusBadGateway, []byte(failures[i].Error()))
			return
		}
		merged.WriteString(separator)
		merged.WriteString(strconv.Itoa(i + 1))
		merged.WriteString(`":`)
		merged.Write(bodies[i])
		separator = `,"task`
	}
	merged.WriteByte('}')
	p.answer(w, request, "application/json", http.StatusOK, merged.Bytes())
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "HOST:PORT")
	backend := flag.String("backend", "http://127.0.0.1:9000", "URL")
	logFile := flag.String("log", "", "file for a line for each request")
	flag.Parse()
	p := &proxy{backend: *backend, client: &http.Client{Transport: &http.Transport{
		MaxIdleConns: 0, MaxIdleConnsPerHost: keptConnections, IdleConnTimeout: time.Hour, DisableCompression: true,
	}}}
	if *logFile != "" {
		p.log = openLog(*logFile)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/hello", p.hello)
	routes.HandleFunc("/fanout", p.fanOut)
	routes.HandleFunc("/", p.one)
	log.Fatal(http.ListenAndServe(*listen, routes))
}
