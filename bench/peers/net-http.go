// Go's standard library: net/http, and a goroutine for each slot.
package main

import (
	"bufio"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

func main() {
	concurrency := flag.Int("c", 16, "most URLs in flight")
	compressed := flag.Bool("compressed", false, "ask for compressed bodies")
	flag.Parse()
	list, err := os.Open(flag.Arg(0))
	if err != nil {
		fail(err)
	}
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConns:        *concurrency,
		MaxIdleConnsPerHost: *concurrency,
		DisableCompression:  !*compressed,
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
	}}
	urls := make(chan string, *concurrency)
	out := bufio.NewWriter(os.Stdout)
	var lock sync.Mutex
	var slots sync.WaitGroup
	for i := 0; i < *concurrency; i++ {
		slots.Add(1)
		go func() {
			defer slots.Done()
			// io.Copy would make a new one for every body.
			buffer := make([]byte, 64*1024)
			for url := range urls {
				length, err := fetch(client, url, buffer)
				if err != nil {
					fail(err)
				}
				lock.Lock()
				fmt.Fprintln(out, length, url)
				lock.Unlock()
			}
		}()
	}
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		urls <- lines.Text()
	}
	close(urls)
	slots.Wait()
	out.Flush()
}

func fetch(client *http.Client, url string, buffer []byte) (int64, error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var length int64
	for {
		n, err := response.Body.Read(buffer)
		length += int64(n)
		if err == io.EOF {
			return length, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
